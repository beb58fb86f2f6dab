// Finds where those lines of a text begin that count under a profile (docs/method.md, section 1): those in which the profile
// leaves anything. Knows nothing of what makes two lines equal.

import type { Profile } from '../../protocol/study.ts';

/** Byte offsets at which the significant lines begin. Lines end at LF, CRLF or CR. */
export function significantLineStarts(text: Uint8Array, profile: Profile): readonly number[] {
  const starts: number[] = [];
  walkLines(text, profile, starts);
  return starts;
}

export const countSignificantLines = (text: Uint8Array, profile: Profile): number =>
  walkLines(text, profile, null);

/** Returns how many lines are significant, and adds where they begin to a list, if there is one. */
function walkLines(text: Uint8Array, profile: Profile, starts: number[] | null): number {
  const counts = profile === 'exact-1' ? countsExact : countsText;
  let nLines = 0;
  let start = 0;
  let isSignificant = false;
  for (let at = 0; at <= text.length; at++) {
    const byte = at < text.length ? text[at]! : LF;
    if (byte === LF || byte === CR) {
      if (isSignificant) {
        nLines++;
        starts?.push(start);
      }
      isSignificant = false;
      if (byte === CR && text[at + 1] === LF) at++;
      start = at + 1;
    } else if (counts[byte] === 1) isSignificant = true;
  }
  return nLines;
}

const LF = 0x0a;
const CR = 0x0d;

const countsExact = Uint8Array.from({ length: 256 }, (_, byte) => (byte > 0x20 ? 1 : 0));
const countsText = Uint8Array.from({ length: 256 }, (_, byte) =>
  byte > 0x20 && !'.,;:"\'?!'.includes(String.fromCharCode(byte)) ? 1 : 0,
);
