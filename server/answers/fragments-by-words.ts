// Which fragments may share lines with a text, by the words of those lines: some hundred lookups instead of a million
// texts. Equal lines have equal words under every profile, so none that shares a run of lines is left out.

import type { MatchRule } from '../../protocol/study.ts';
import { lineBeginnings } from '../engine/line-numbers.ts';
import { normaliseLine } from '../engine/normalise-line.ts';
import type { Steps } from '../engine/steps.ts';
import { openWordLookup, type WordLookup, wholeWords } from '../store/fragment-words.ts';
import type { Database } from '../store/study-file.ts';

/** A word in as many fragments or more tells little, and its list is long. */
const COMMON = 2000;
/** With more lines, words, common runs or candidates than these, reading every fragment is as fast. */
const MOST_LINES = 20_000;
const MOST_WORDS = 2000;
const MOST_COMMON_RUNS = 50;
const MOST_CANDIDATES = 20_000;

/** Ascending; undefined where words do not tell, or not faster than the texts themselves. Yields between lookups. */
export function* fragmentsByWords(
  db: Database,
  { minLines, profile }: MatchRule,
  text: Uint8Array,
  common = COMMON,
): Steps<readonly number[] | undefined> {
  const lookUp = openWordLookup(db);
  if (lookUp === undefined) return undefined;
  const beginnings = lineBeginnings(text);
  if (beginnings.length > MOST_LINES) return undefined;
  const lines = wordsOfLines(text, beginnings, profile);
  const lists = new Map<string, readonly number[]>();
  for (const words of lines) {
    for (const word of words) {
      if (lists.has(word)) continue;
      if (lists.size === MOST_WORDS) return undefined;
      lists.set(word, lookUp([word], common));
      yield;
    }
  }
  const candidates = new Set<number>();
  const asked = new Set<string>();
  for (let first = 0; first + minLines <= lines.length; first++) {
    const words = [...new Set(lines.slice(first, first + minLines).flat())];
    if (words.length === 0) return undefined;
    const rare = words.map((word) => lists.get(word)!).filter(({ length }) => length < common);
    const found = rare.length > 0 ? inAll(rare) : commonRun(words, asked, lookUp);
    if (found === undefined) return undefined;
    for (const fragmentId of found) candidates.add(fragmentId);
    if (candidates.size > MOST_CANDIDATES) return undefined;
    yield;
  }
  return [...candidates].sort((a, b) => a - b);
}

/** The words of each line that counts. */
function wordsOfLines(
  text: Uint8Array,
  beginnings: Float64Array,
  profile: MatchRule['profile'],
): readonly (readonly string[])[] {
  const decoder = new TextDecoder();
  const normalised = new Uint8Array(2 * text.length);
  return [...beginnings].flatMap((start, i) => {
    const end = beginnings[i + 1] ?? text.length;
    const counts = normaliseLine(profile, text, start, end, normalised, 0) > 0;
    return counts ? [wholeWords(decoder.decode(text.subarray(start, end)))] : [];
  });
}

/** Fragments in all of the lists. */
function inAll(lists: readonly (readonly number[])[]): readonly number[] {
  const [shortest = [], ...others] = lists.toSorted((a, b) => a.length - b.length);
  if (shortest.length === 0) return shortest;
  const sets = others.slice(0, 4).map((list) => new Set(list));
  return shortest.filter((fragmentId) => sets.every((set) => set.has(fragmentId)));
}

/** Fragments with all the words of a run of lines that has common ones alone; undefined where they are too many. */
function commonRun(words: readonly string[], asked: Set<string>, lookUp: WordLookup) {
  const run = words.toSorted().join(' ');
  if (asked.has(run)) return [];
  asked.add(run);
  if (asked.size > MOST_COMMON_RUNS) return undefined;
  const found = lookUp(words, MOST_CANDIDATES + 1);
  return found.length > MOST_CANDIDATES ? undefined : found;
}
