// What makes two lines equal: the profiles of docs/method.md, section 1. The kernel does the same to documents.

import type { Profile } from '../../protocol/study.ts';

/**
 * Writes the normalised bytes of text[start, end) to `out` from `at` on and returns where they end; `at` when
 * the line does not count. A line of n bytes needs up to 2 n.
 */
export function normaliseLine(
  profile: Profile,
  text: Uint8Array,
  start: number,
  end: number,
  out: Uint8Array,
  at: number,
): number {
  return profile === 'exact-1' ? trim(text, start, end, out, at) : spaceOut(text, start, end, out, at);
}

/** Whether a line counts: whether anything is left of it. */
export function isSignificant(profile: Profile, text: Uint8Array, start: number, end: number): boolean {
  for (let i = start; i < end; i++) {
    const byte = text[i]!;
    if (profile === 'exact-1' ? byte > 0x20 : kinds[byte] !== BLANK) return true;
  }
  return false;
}

function trim(text: Uint8Array, start: number, end: number, out: Uint8Array, at: number): number {
  let first = start;
  let last = end;
  while (first < last && text[first]! <= 0x20) first++;
  while (last > first && text[last - 1]! <= 0x20) last--;
  let to = at;
  for (let i = first; i < last; i++) out[to++] = text[i]!;
  return to;
}

const WORD = 0;
const BLANK = 1;
const SYMBOL = 2;

const kinds = Uint8Array.from({ length: 128 }, (_, byte) => {
  const character = String.fromCharCode(byte);
  if (byte <= 0x20 || '.,;:"\'?!'.includes(character)) return BLANK;
  return byte === 0x7f || /\w/.test(character) ? WORD : SYMBOL;
});

function spaceOut(text: Uint8Array, start: number, end: number, out: Uint8Array, at: number): number {
  let to = at;
  let blank = false;
  for (let i = start; i < end; i++) {
    const byte = text[i]!;
    const kind = kinds[byte] ?? WORD;
    if (kind === BLANK) {
      blank = true;
      continue;
    }
    if (to > at && (blank || kind === SYMBOL)) out[to++] = 0x20;
    out[to++] = byte >= 0x41 && byte <= 0x5a ? byte + 0x20 : byte;
    blank = kind === SYMBOL;
  }
  return to;
}
