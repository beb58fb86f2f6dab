// For the path of an address (RFC 3986, section 3.3), which a viewer resolves and may open.

import { type Encodable, textOf } from './foreign.ts';
import { percentEncoded } from './percent-encoded.ts';

/**
 * Names as steps, with slashes between. Steps that lead up or nowhere get an underscore, since an encoded dot is a dot
 * to whoever resolves it.
 */
export const forAddress = (...names: readonly Encodable[]): string =>
  names
    .flatMap((name) => textOf(name).split(/[\\/]/))
    .filter((step) => step !== '')
    .map((step) => (/^\.+$/.test(step) ? `_${step}` : percentEncoded(step)))
    .join('/');
