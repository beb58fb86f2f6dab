// For SARIF: messages, in which brackets make links (SARIF 2.1.0, section 3.11.6), and addresses (section 3.4), which
// a viewer resolves and may open.

import { type Encodable, textOf } from './foreign.ts';
import { percentEncoded } from './percent-encoded.ts';
import { visible } from './visible.ts';

export const forSarif = (text: Encodable): string => visible(text).replace(/[\\[\]]/g, '\\$&');

/** The address of a link inside of a message. */
export const forSarifLink = (address: string): string =>
  address.replace(/[^\w:/?#@!$&*+,;=%.~-]/gu, percentEncoded);

/**
 * A relative address out of names. Steps that lead up or nowhere get an underscore, since an encoded dot is a dot to
 * whoever resolves it; a lone surrogate has no encoding and becomes U+FFFD.
 */
export function forSarifUri(...names: readonly Encodable[]): string {
  return names
    .flatMap((name) => textOf(name).split(/[\\/]/))
    .filter((step) => step !== '')
    .map((step) => (/^\.+$/.test(step) ? `_${step}` : percentEncoded(step)))
    .join('/');
}
