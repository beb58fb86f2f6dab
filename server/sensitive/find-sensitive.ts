// Finds sensitive content in many texts at once: secrets by secretlint's recommended rules, and by our own for
// tokens that it does not know; private keys, whole or cut, e-mail and IP addresses by our own. Knows nothing of studies; what it returns is never logged.

import { lintSource } from '@secretlint/core';
import { secretLintProfiler } from '@secretlint/profiler';
import { creator, rules } from '@secretlint/secretlint-rule-preset-recommend';
import { findKeys } from '../analysis/find-keys.ts';
import { findTokens } from '../analysis/find-tokens.ts';
import { findContacts, type SensitiveRange } from '../analysis/sensitive.ts';

// Its profiler would keep a mark of every rule of every call for good, some 10 kB a call.
secretLintProfiler.mark = () => {};

/** Texts of about this many characters are searched in one go: a call costs more than a short text. */
const BLOCK_CHARACTERS = 4_000_000;
/** Secretlint compares each secret that it finds with all others, so that it gets a piece at a time. */
const PIECE_CHARACTERS = 65_536;
/** Longer than what its rules look for; keys of many lines are found by our own. */
const OVERLAP_CHARACTERS = 4096;
/** Ends every text, so that no rule's match runs on into the next. */
const END = '\n\u0000\n';

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
  const secrets = withoutWholeKeys(await findSecrets(joined));
  const isCovered = overlapsOneOf(secrets);
  const found = [
    ...secrets,
    ...findTokens(joined).filter((token) => !isCovered(token)),
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

/** In order of place. */
async function findSecrets(text: string): Promise<readonly SensitiveRange[]> {
  const found: SensitiveRange[] = [];
  let covered = 0;
  for (let from = 0; from < text.length; ) {
    const lineEnd = text.lastIndexOf('\n', from + PIECE_CHARACTERS);
    const to = lineEnd > from ? lineEnd + 1 : from + PIECE_CHARACTERS;
    const before = covered;
    for (const range of await findSecretsIn(text.slice(from, to + OVERLAP_CHARACTERS))) {
      const [start, end] = [range.start + from, range.end + from];
      // What begins behind the piece is found in the next one, and its beginning may be the middle of what was found.
      if (start >= to || end <= before) continue;
      found.push({ ...range, start, end });
      covered = Math.max(covered, end);
    }
    from = to;
  }
  return found.sort((a, b) => a.start - b.start);
}

async function findSecretsIn(content: string): Promise<readonly SensitiveRange[]> {
  const { messages } = await lintSource({
    source: { content, filePath: 'text', ext: '', contentType: 'text' },
    options: {
      noPhysicFilePath: true,
      config: { rules: [{ id: PRESET, rule: preset, options: {} }] },
    },
  });
  return messages.map(({ ruleId, range: [start, end] }) => ({
    kind: 'secret',
    rule: ruleId.replace(/^.*secretlint-rule-/, ''),
    start,
    end,
  }));
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

const PRESET = '@secretlint/secretlint-rule-preset-recommend';
/** The preset without the rule that lets comments switch the others off: here the data is what is doubted. */
const preset: typeof creator = {
  ...creator,
  create(context) {
    for (const rule of rules)
      if (rule.meta.id !== '@secretlint/secretlint-rule-filter-comments') context.registerRule(rule);
  },
};
