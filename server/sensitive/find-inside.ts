// Finds sensitive content in texts that are cut out of longer ones: what begins before a text, or goes on behind it, is
// found with what stands around it.

import type { SensitiveRange } from '../analysis/sensitive.ts';
import { findSensitive, type SearchedText } from './find-sensitive.ts';

export interface CutText {
  readonly before: string;
  readonly text: string;
  readonly after: string;
}

/** Every text in order, with the parts of what was found that lie in it. */
export async function* findSensitiveInside<T extends CutText>(
  texts: Iterable<T>,
): AsyncGenerator<SearchedText<T>> {
  for await (const { item: whole, ranges } of findSensitive(joined(texts))) {
    const { cut } = whole;
    const from = cut.before.length;
    yield { item: cut, ranges: ranges.flatMap((range) => clipped(range, from, cut.text.length)) };
  }
}

function* joined<T extends CutText>(texts: Iterable<T>) {
  for (const cut of texts) yield { cut, text: cut.before + cut.text + cut.after };
}

function clipped(range: SensitiveRange, from: number, length: number): readonly SensitiveRange[] {
  const start = Math.max(0, range.start - from);
  const end = Math.min(length, range.end - from);
  return end > start ? [{ ...range, start, end }] : [];
}
