// For SARIF: messages, in which brackets make links (SARIF 2.1.0, section 3.11.6), and addresses (section 3.4), which
// a viewer resolves and may open.

import type { Encodable } from './foreign.ts';
import { percentEncoded } from './percent-encoded.ts';
import { visible } from './visible.ts';

export const forSarif = (text: Encodable): string => visible(text).replace(/[\\[\]]/g, '\\$&');

/** The address of a link inside of a message. */
export const forSarifLink = (address: string): string =>
  address.replace(/[^\w:/?#@!$&*+,;=%.~-]/gu, percentEncoded);
