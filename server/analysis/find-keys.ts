// Private keys in armour (RFC 7468), also those of which a fragment holds only the beginning or the end:
// six lines of a key are as much of a leak as the whole. Lines are walked: an expression for all of a key would try every
// way to cut it into lines, and run out of stack on a long one.

import type { SensitiveRange } from './sensitive.ts';

/** In order of place; they do not overlap. */
export function findKeys(text: string): readonly SensitiveRange[] {
  const found: SensitiveRange[] = [];
  let covered = 0;
  for (const { index, 0: mark, 1: kind } of text.matchAll(marks)) {
    if (index < covered) continue;
    const behind = index + mark.length;
    const isBeginning = kind === 'BEGIN';
    const start = isBeginning ? index : startOfBody(text, Math.max(covered, index - LONGEST_KEY), index);
    const end = isBeginning ? endOfBody(text, behind) : behind;
    if (isBeginning ? end === behind : start === index) continue;
    found.push({ kind: 'private-key', rule: 'private-key', start, end });
    covered = end;
  }
  return found;
}

/** Characters; a 16,384-bit RSA key takes less. */
const LONGEST_KEY = 16_384;
/** Characters; the last line may have fewer. */
const SHORTEST_LINE = 16;

const marks = /-----(BEGIN|END) (?:[A-Z0-9]{1,32} ){0,8}PRIVATE KEY(?: BLOCK)?-----/g;
const endMark = /-----END (?:[A-Z0-9]{1,32} ){0,8}PRIVATE KEY(?: BLOCK)?-----/y;

/** Behind the lines of a key that begin at a place, and behind its mark there; the place itself where none do. */
function endOfBody(text: string, from: number): number {
  let end = from;
  for (;;) {
    const lineStart = skip(text, end, isBetweenOrPlus);
    const lineEnd = skip(text, lineStart, isOfKey);
    const behind = end === from ? undefined : endOfMark(text, skip(text, lineEnd, isBetweenOrPlus));
    if (behind !== undefined) return behind;
    if (lineEnd - lineStart < SHORTEST_LINE) return end;
    end = lineEnd;
  }
}

function endOfMark(text: string, at: number): number | undefined {
  endMark.lastIndex = at;
  return endMark.test(text) ? endMark.lastIndex : undefined;
}

/** The beginning of the lines of a key that end at a place, at `least` or behind it; the place itself if none do. */
function startOfBody(text: string, least: number, end: number): number {
  let start = end;
  for (let at = end; ; at = start) {
    while (at > least && isBetween(text, at - 1)) at--;
    const lineEnd = at;
    while (at > least && isOfKey(text, at - 1)) at--;
    // The letter of a line end that is written out belongs to no line.
    if (text[at] === 'n' && text[at - 1] === '\\') at++;
    if (lineEnd - at < SHORTEST_LINE) return start;
    start = at;
  }
}

function skip(text: string, from: number, isPart: (text: string, at: number) => boolean): number {
  let at = from;
  while (at < text.length && isPart(text, at)) at++;
  return at;
}

const isOfKey = (text: string, at: number): boolean => letters[text.charCodeAt(at)] === 1;

const letters = new Uint8Array(128).map((_, code) =>
  /[A-Za-z0-9+/=]/.test(String.fromCharCode(code)) ? 1 : 0,
);

/** What quotes or comments the lines of a key: `\n"`, `#`, `*`. */
const isBetween = (text: string, at: number): boolean =>
  /[\s"',#*]/.test(text[at]!) ||
  (text[at] === 'n' && text[at - 1] === '\\') ||
  (text[at] === '\\' && text[at + 1] === 'n');

/** Strings that are put together: `\n" +`. */
const isBetweenOrPlus = (text: string, at: number): boolean => text[at] === '+' || isBetween(text, at);
