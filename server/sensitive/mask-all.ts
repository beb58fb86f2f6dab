// Several texts with what is sensitive in them masked.

import { maskRanges } from '../analysis/sensitive.ts';
import { findSensitive } from './find-sensitive.ts';

/** In the order given. Texts that are absent stay so. */
export async function maskAll<Text extends string | null>(
  texts: readonly Text[],
): Promise<readonly (Text | string)[]> {
  const masked: (Text | string)[] = [...texts];
  const items = texts.flatMap((text, i) => (text === null ? [] : [{ i, text }]));
  for await (const { item, ranges } of findSensitive(items)) {
    masked[item.i] = maskRanges(item.text, ranges);
  }
  return masked;
}
