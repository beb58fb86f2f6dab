// Private keys in armour (RFC 7468), also those of which a fragment holds only the beginning or the end:
// six lines of a key are as much of a leak as the whole.

import type { SensitiveRange } from './sensitive.ts';

/** In order of place; they do not overlap. */
export function findKeys(text: string): readonly SensitiveRange[] {
  const found: SensitiveRange[] = [];
  for (const { index, 0: match } of text.matchAll(fromBeginning)) {
    found.push({ kind: 'private-key', rule: 'private-key', start: index, end: index + match.length });
  }
  for (const { index, 0: match } of text.matchAll(endMark)) {
    const end = index + match.length;
    if (found.some((range) => range.start <= index && index < range.end)) continue;
    const body = bodyBefore.exec(text.slice(Math.max(0, index - LONGEST_KEY), index))?.[0] ?? '';
    if (body === '') continue;
    found.push({ kind: 'private-key', rule: 'private-key', start: index - body.length, end });
  }
  return found.sort((a, b) => a.start - b.start);
}

/** Characters; a 16,384-bit RSA key takes less. */
const LONGEST_KEY = 16_384;

// Between the lines of a key may stand what quotes or comments them: `\n" +`, `#`, `*`.
const fromBeginning =
  /-----BEGIN (?:[A-Z0-9]+ )*PRIVATE KEY(?: BLOCK)?-----(?:\\n|[\s"'+,#*])*(?:[A-Za-z0-9+/=]{16,}(?:\\n|[\s"'+,#*])*)+(?:-----END (?:[A-Z0-9]+ )*PRIVATE KEY(?: BLOCK)?-----)?/g;
const endMark = /-----END (?:[A-Z0-9]+ )*PRIVATE KEY(?: BLOCK)?-----/g;
const bodyBefore = /(?<![A-Za-z0-9+/=])(?:[A-Za-z0-9+/=]{16,}(?:\\n|[\s"',#*])*)+$/;
