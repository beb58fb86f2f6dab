// A segment's source: shards that were read just now, with what they left on the disk.

import { closeSync, openSync, readSync } from 'node:fs';
import type { Shard } from '../corpus/shard.ts';
import { PAGE_DOCUMENTS } from './document-pages.ts';
import type { IndexedShard } from './index-shard.ts';
import type { ShardEntry } from './manifest.ts';
import type { PostingsShape } from './postings.ts';
import type { RecordBuffer } from './record-buffer.ts';
import { RECORD_BYTES, type SpillFile } from './spill.ts';
import type { SegmentShard, SegmentSource } from './write-segment.ts';

export interface ReadShard {
  readonly shard: Shard;
  readonly result: IndexedShard;
  readonly entry: ShardEntry;
}

/** Documents' numbers with room for whole pages. */
export const pagesOf = (nDocuments: number): number =>
  Math.ceil(nDocuments / PAGE_DOCUMENTS) * PAGE_DOCUMENTS;

export function sourceOfShards(shape: PostingsShape, shards: readonly ReadShard[]): SegmentSource {
  return {
    shape,
    readPart(part, into) {
      for (const { result, entry } of shards) readRecords(result.spill, part, entry.firstDocument, into);
    },
    *readPages() {
      for (const { result } of shards) yield* readPages(result.spill);
    },
    shards: shards.map(
      ({ result: { problems, columns, reading, restarts, blocks }, entry }): SegmentShard => ({
        entry,
        problems,
        columns,
        reading,
        restarts,
        blocks,
      }),
    ),
  };
}

function readRecords({ file, records }: SpillFile, part: number, first: number, into: RecordBuffer): void {
  if (records.every(({ counts }) => counts[part] === 0)) return;
  const open = openSync(file, 'r');
  try {
    for (const { at, counts } of records) {
      const n = counts[part]!;
      let before = 0;
      for (let p = 0; p < part; p++) before += counts[p]!;
      const words = new Uint32Array(2 * n);
      readWhole(open, new Uint8Array(words.buffer), at + before * RECORD_BYTES);
      into.reserve(n);
      // The number takes the lower bits, and stays below their end: shards of one segment fit into it.
      for (let i = 0; i < words.length; i += 2) into.add(words[i]! + first, words[i + 1]!);
    }
  } finally {
    closeSync(open);
  }
}

function* readPages({ file, pages }: SpillFile): Generator<Buffer> {
  if (pages.length === 0) return;
  const open = openSync(file, 'r');
  try {
    for (let i = 0; i < pages.length; i += 2) {
      const page = Buffer.allocUnsafe(pages[i + 1]!);
      readWhole(open, page, pages[i]!);
      yield page;
    }
  } finally {
    closeSync(open);
  }
}

function readWhole(file: number, bytes: Uint8Array, at: number): void {
  for (let done = 0; done < bytes.length; ) {
    const n = readSync(file, bytes, done, bytes.length - done, at + done);
    if (n === 0) throw new Error('What was read of a shard is gone');
    done += n;
  }
}
