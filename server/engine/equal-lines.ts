// Which lines two texts share, as the detector sees them: significant lines, made comparable by the study's profile.
// For one pair of texts at a time; docs/detector.md is about all of them at once.

import type { TextRange } from '../../protocol/fragments.ts';
import type { Profile } from '../../protocol/study.ts';
import { normaliseLine } from './normalise-line.ts';

/** The significant lines of a text in order: what is compared of each, and its raw 1-based number. */
export interface SignificantLines {
  readonly keys: readonly string[];
  readonly numbers: readonly number[];
}

/** Equal lines of two texts, as indexes of significant lines. */
export interface Agreement {
  readonly left: number;
  readonly right: number;
  /** Equal lines in a row around them, themselves among them. */
  readonly nLines: number;
}

/** Places of a fragment on one side that are looked at: a text that repeats one line for ever must not be waited for. */
const MAX_PLACES = 64;

const LF = 0x0a;
const CR = 0x0d;

export function significantLines(text: Uint8Array, profile: Profile): SignificantLines {
  const keys: string[] = [];
  const numbers: number[] = [];
  let out = new Uint8Array(256);
  let number = 1;
  const add = (start: number, end: number) => {
    if (out.length < 2 * (end - start)) out = new Uint8Array(4 * (end - start));
    const nBytes = normaliseLine(profile, text, start, end, out, 0);
    if (nBytes > 0) {
      keys.push(keyOf(out.subarray(0, nBytes)));
      numbers.push(number);
    }
    number++;
  };
  let start = 0;
  for (let at = 0; at < text.length; at++) {
    if (text[at] !== LF && text[at] !== CR) continue;
    add(start, at);
    if (text[at] === CR && text[at + 1] === LF) at++;
    start = at + 1;
  }
  if (start < text.length) add(start, text.length);
  return { keys, numbers };
}

/**
 * The places of a fragment's lines in two texts around which most lines agree. A raw line number says which place is
 * meant on a side; where the fragment does not begin at it, any will do. Undefined where a text does not have them.
 */
export function bestAgreement(
  fragment: readonly string[],
  left: SignificantLines,
  right: SignificantLines,
  at: { readonly left?: number | undefined; readonly right?: number | undefined },
): Agreement | undefined {
  let best: Agreement | undefined;
  const rights = placesOf(fragment, right, at.right);
  for (const i of placesOf(fragment, left, at.left)) {
    for (const j of rights) {
      const nLines =
        fragment.length + nEqual(left, i, right, j, -1) + nEqualAfter(fragment, left, i, right, j);
      if (best === undefined || nLines > best.nLines) best = { left: i, right: j, nLines };
    }
  }
  return best;
}

/** The place of the fragment's lines in a text: at that raw line, or else first of all. */
export function firstPlaceOf(
  fragment: readonly string[],
  text: SignificantLines,
  line: number | undefined,
): number | undefined {
  return placesOf(fragment, text, line)[0];
}

/** Raw lines of `count` significant ones from `first` on. */
export function rawRange({ numbers }: SignificantLines, first: number, count: number): TextRange {
  return { firstLine: numbers[first]!, lastLine: numbers[first + count - 1]! };
}

/** The lines of each text that stand in a match with the other, of `minLines` significant ones or more, but for `except`. */
export function otherEqualLines(
  left: SignificantLines,
  right: SignificantLines,
  minLines: number,
  except: { readonly left: TextRange; readonly right: TextRange },
): { readonly left: readonly TextRange[]; readonly right: readonly TextRange[] } {
  const ids = new Map<string, number>();
  for (const key of left.keys) if (!ids.has(key)) ids.set(key, ids.size);
  const windowsIn = ({ keys }: SignificantLines) =>
    windowsOf(
      keys.map((key) => ids.get(key) ?? -1),
      minLines,
    );
  const lefts = windowsIn(left);
  const rights = windowsIn(right);
  return {
    left: coveredRanges(left, lefts, new Set(rights), minLines, except.left),
    right: coveredRanges(right, rights, new Set(lefts), minLines, except.right),
  };
}

/** A character a byte. */
function keyOf(bytes: Uint8Array): string {
  let key = '';
  for (let at = 0; at < bytes.length; at += 4096) {
    key += String.fromCharCode(...bytes.subarray(at, at + 4096));
  }
  return key;
}

function placesOf(
  fragment: readonly string[],
  { keys, numbers }: SignificantLines,
  line: number | undefined,
): readonly number[] {
  const places: number[] = [];
  const [first] = fragment;
  for (let at = keys.indexOf(first!); at >= 0; at = keys.indexOf(first!, at + 1)) {
    if (!fragment.every((key, i) => keys[at + i] === key)) continue;
    if (numbers[at] === line) return [at];
    if (places.length < MAX_PLACES) places.push(at);
  }
  return places;
}

const nEqualAfter = (
  { length }: readonly string[],
  left: SignificantLines,
  i: number,
  right: SignificantLines,
  j: number,
) => nEqual(left, i + length - 1, right, j + length - 1, 1);

/** How many lines agree on one side of two that do. */
function nEqual(left: SignificantLines, i: number, right: SignificantLines, j: number, step: 1 | -1): number {
  for (let n = 1; ; n++) {
    const key = left.keys[i + step * n];
    if (key === undefined || key !== right.keys[j + step * n]) return n - 1;
  }
}

/** What each window of `minLines` lines holds; an empty text for one with a line that the other text does not have. */
function windowsOf(ids: readonly number[], minLines: number): readonly string[] {
  let nKnown = 0;
  return ids.map((id, end) => {
    nKnown = id < 0 ? 0 : nKnown + 1;
    return nKnown < minLines ? '' : ids.slice(end + 1 - minLines, end + 1).join();
  });
}

function coveredRanges(
  { numbers }: SignificantLines,
  windows: readonly string[],
  others: ReadonlySet<string>,
  minLines: number,
  except: TextRange,
): readonly TextRange[] {
  const ranges: { firstLine: number; lastLine: number }[] = [];
  let previous = -2;
  /** Lines before this one need not be looked at again. */
  let next = 0;
  for (const [end, window] of windows.entries()) {
    if (window === '' || !others.has(window)) continue;
    for (let i = Math.max(next, end + 1 - minLines); i <= end; i++) {
      next = i + 1;
      if (numbers[i]! >= except.firstLine && numbers[i]! <= except.lastLine) continue;
      if (previous === i - 1) ranges.at(-1)!.lastLine = numbers[i]!;
      else ranges.push({ firstLine: numbers[i]!, lastLine: numbers[i]! });
      previous = i;
    }
  }
  return ranges;
}
