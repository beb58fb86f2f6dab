// A segment's source: shards that were read just now, with what they left on the disk.

import { closeSync, openSync, readSync } from 'node:fs';
import type { Shard } from '../corpus/shard.ts';
import type { BucketShape, Part, PostingKernel } from '../kernel/posting-kernel.ts';
import { INDEX_PART_BITS, SPILLED_RECORD_BYTES } from '../kernel/scan-kernel.ts';
import { PAGE_DOCUMENTS } from './document-pages.ts';
import type { IndexedShard } from './index-shard.ts';
import type { ShardEntry } from './manifest.ts';
import type { Region } from './segment-header.ts';
import { nRecordsOf, type SpillFile } from './spill.ts';
import type { SegmentShard, SegmentSource } from './write-segment.ts';

export interface ReadShard {
  readonly shard: Shard;
  readonly result: IndexedShard;
  readonly entry: ShardEntry;
}

/** Documents' numbers with room for whole pages. */
export const pagesOf = (nDocuments: number): number =>
  Math.ceil(nDocuments / PAGE_DOCUMENTS) * PAGE_DOCUMENTS;

export function sourceOfShards(shape: BucketShape, shards: readonly ReadShard[]): SegmentSource {
  return {
    shape,
    nRecords: shards.reduce((sum, { result }) => sum + nRecordsOf(result.spill), 0),
    readPart(part, into) {
      for (const { result, entry } of shards) readRecords(result.spill, part, entry.firstDocument, into);
    },
    *readPages() {
      for (const { result } of shards) yield* readPages(result.spill);
    },
    shards: shards.map(
      ({ result: { problems, columns, reading, restarts, blocks, spill }, entry }): SegmentShard => ({
        ...{ entry, problems, columns, reading, restarts, blocks },
        readWindows: (windows) => readPieces(spill, windows),
      }),
    ),
  };
}

function readRecords({ file, records }: SpillFile, part: Part, first: number, into: PostingKernel): void {
  // The parts on the disk that hold it: several, or one that holds more.
  const more = INDEX_PART_BITS - part.bits;
  const from = more >= 0 ? part.number * 2 ** more : Math.floor(part.number / 2 ** -more);
  const last = more >= 0 ? from + 2 ** more - 1 : from;
  const startOf = (ends: Uint32Array, of: number) => (of === 0 ? 0 : ends[of - 1]!);
  into.reserve(records.reduce((sum, { ends }) => sum + ends[last]! - startOf(ends, from), 0));
  const open = openSync(file, 'r');
  let position = 0;
  const fill = (memory: Uint8Array, at: number, nBytes: number) =>
    readSome(open, memory, at, nBytes, nBytes, position);
  try {
    for (const { at, ends, firstDocument } of records) {
      for (let of = from; of <= last; of++) {
        const start = startOf(ends, of);
        position = at + start * SPILLED_RECORD_BYTES;
        into.addAll({ n: ends[of]! - start, of, firstDocument: first + firstDocument }, part, fill);
      }
    }
  } finally {
    closeSync(open);
  }
}

function* readPages({ pages, ...spill }: SpillFile): Generator<Uint8Array> {
  yield* readPieces(spill, regions(pages));
}

function* regions(pages: Float64Array): Generator<Region> {
  for (let i = 0; i < pages.length; i += 2) yield { at: pages[i]!, nBytes: pages[i + 1]! };
}

/** Pieces mostly lie behind each other. */
const READ_BYTES = 1 << 16;

/** A piece is overwritten by the next: left to be collected, those of a large shard are some megabytes. */
function* readPieces({ file }: Pick<SpillFile, 'file'>, pieces: Iterable<Region>): Generator<Uint8Array> {
  const open = openSync(file, 'r');
  let bytes = new Uint8Array(READ_BYTES);
  /** What of the file is in them. */
  let from = 0;
  let end = 0;
  try {
    for (const { at, nBytes } of pieces) {
      if (at < from || at + nBytes > end) {
        if (nBytes > bytes.length) bytes = new Uint8Array(2 * nBytes);
        from = at;
        end = at + readSome(open, bytes, 0, nBytes, bytes.length, at);
      }
      yield bytes.subarray(at - from, at - from + nBytes);
    }
  } finally {
    closeSync(open);
  }
}

/** Reads bytes of the file from `position` on into those from `at` on: so many at least and at most. Returns how many. */
function readSome(
  file: number,
  bytes: Uint8Array,
  at: number,
  least: number,
  most: number,
  position: number,
): number {
  let done = 0;
  while (done < least) {
    const n = readSync(file, bytes, at + done, most - done, position + done);
    if (n === 0) throw new Error('What was read of a shard is gone');
    done += n;
  }
  return done;
}
