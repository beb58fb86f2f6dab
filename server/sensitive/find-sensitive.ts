// Finds sensitive content in many texts at once: secrets by secretlint's recommended rules (loaded with the first text that has a mark of
// any), and by our own for tokens that it does not know; private keys, whole or cut, e-mail and IP addresses by our own. Knows nothing of studies; what it returns is never logged.

import { findKeys } from '../analysis/find-keys.ts';
import { markFinder } from '../analysis/find-marks.ts';
import { findTokens, tokenMarks } from '../analysis/find-tokens.ts';
import { findContacts, type SensitiveRange } from '../analysis/sensitive.ts';
import { secretMarks, secretRules } from './secret-marks.ts';

/** Texts of about this many characters are searched in one go: a call costs more than a short text. */
const BLOCK_CHARACTERS = 4_000_000;
/** Ends every text, so that no rule's match runs on into the next. */
const END = '\n\u0000\n';

const findMarks = markFinder([...secretMarks, ...tokenMarks]);

export interface SearchedText<T> {
  readonly item: T;
  /** Sorted by place. */
  readonly ranges: readonly SensitiveRange[];
}

/** Every text in order. Texts are taken in as they are needed, a block at a time. */
export async function* findSensitive<T extends { readonly text: string }>(
  texts: Iterable<T>,
): AsyncGenerator<SearchedText<T>> {
  let block: T[] = [];
  let size = 0;
  for (const item of texts) {
    block.push(item);
    size += item.text.length + END.length;
    if (size < BLOCK_CHARACTERS) continue;
    yield* await searchBlock(block);
    block = [];
    size = 0;
  }
  if (block.length > 0) yield* await searchBlock(block);
}

async function searchBlock<T extends { readonly text: string }>(
  block: readonly T[],
): Promise<readonly SearchedText<T>[]> {
  const joined = block.map(({ text }) => text + END).join('');
  const isMarked = findMarks(joined);
  const secrets = secretRules.some((rule) => isMarked(rule))
    ? withoutWholeKeys(await (await import('./find-secrets.ts')).findSecrets(joined, isMarked))
    : [];
  const isCovered = overlapsOneOf(secrets);
  const found = [
    ...secrets,
    ...findTokens(joined, isMarked).filter((token) => !isCovered(token)),
    ...findKeys(joined),
    ...findContacts(joined),
  ].sort((a, b) => a.start - b.start);
  let start = 0;
  let next = 0;
  return block.map((item) => {
    const end = start + item.text.length;
    const ranges: SensitiveRange[] = [];
    for (; next < found.length && found[next]!.start < end; next++) {
      const range = found[next]!;
      ranges.push({ ...range, start: range.start - start, end: Math.min(range.end, end) - start });
    }
    start = end + END.length;
    return { item, ranges };
  });
}

/** Whole keys are found again, with those that are cut. */
const withoutWholeKeys = (ranges: readonly SensitiveRange[]) =>
  ranges.filter(({ rule }) => rule !== 'privatekey');

/** `ranges` are in order of place. */
function overlapsOneOf(ranges: readonly SensitiveRange[]): (range: SensitiveRange) => boolean {
  const ends: number[] = [];
  for (const { end } of ranges) ends.push(Math.max(end, ends.at(-1) ?? 0));
  return ({ start, end }) => {
    let [low, high] = [0, ranges.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (ranges[middle]!.start < end) low = middle + 1;
      else high = middle;
    }
    return low > 0 && ends[low - 1]! > start;
  };
}
