// What stands around a region. It begins and ends where a window does, in the middle of a line and perhaps of a secret:
// only with what comes before it and behind it can be told that it is the rest of one.

import { findKeys } from '../../analysis/find-keys.ts';
import { lineAt, lineBeginnings } from '../../engine/line-numbers.ts';
import type { MappedRegion } from '../../engine/mapped-shard.ts';

/** Bytes of a line, before a region or behind it; secrets of one line are shorter. Keys of many lines are taken whole. */
const MOST_LINE_BYTES = 4096;

/** Adds to regions of `text`, in order, the rest of their lines; and the rest of a private key that they are cut out of. */
export function surroundRegions(
  text: Uint8Array,
  regions: readonly Omit<MappedRegion, 'before' | 'after'>[],
): readonly MappedRegion[] {
  if (regions.length === 0) return [];
  const beginnings = lineBeginnings(text);
  const keys = keysIn(text);
  return regions.map((region) => {
    const start = region.byteOffset;
    const end = start + region.text.length;
    const lineStart = beginnings[lineAt(beginnings, start) - 1]!;
    const lineEnd = beginnings[lineAt(beginnings, end - 1)] ?? text.length;
    let from = Math.max(lineStart, start - MOST_LINE_BYTES);
    let to = Math.max(end, Math.min(lineEnd, end + MOST_LINE_BYTES));
    for (const key of keys) {
      if (key.start < start && key.end > start) from = Math.min(from, key.start);
      if (key.start < end && key.end > end) to = Math.max(to, key.end);
    }
    return { ...region, before: text.slice(from, start), after: text.slice(end, to) };
  });
}

const MARK = 'PRIVATE KEY';

/** Places in bytes: a character of latin1 is one. */
function keysIn(text: Uint8Array): ReturnType<typeof findKeys> {
  const bytes = Buffer.from(text.buffer, text.byteOffset, text.byteLength);
  return bytes.includes(MARK) ? findKeys(bytes.toString('latin1')) : [];
}
