// Writes a segment: a file that never changes once it has its name. Its records come part by part, each sorted in memory,
// so that a segment of any size takes little of it.

import { randomUUID } from 'node:crypto';
import { closeSync, openSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import { crc32, deflateRawSync } from 'node:zlib';
import type { DataProblem } from '../../protocol/errors.ts';
import type { Columns } from '../corpus/columns.ts';
import type { RestartPoint } from '../engine/detection.ts';
import { throwIfAborted } from '../errors.ts';
import type { BucketShape, Part, PostingKernel } from '../kernel/posting-kernel.ts';
import { sync, writeAll } from '../write-all.ts';
import type { IndexedRestart, Reading } from './index-shard.ts';
import { digestOf, type SegmentEntry, type ShardEntry } from './manifest.ts';
import { PlaceWriter } from './piece-places.ts';
import { HEADER_BYTES, type PieceTable, type Region, type Stored, writeHeader } from './segment-header.ts';

/** What a segment is made of: shards that were read just now, or segments that are merged. */
export interface SegmentSource {
  readonly shape: BucketShape;
  /** At most. */
  readonly nRecords: number;
  /** Adds the records of a part, in any order, with documents' numbers in the segment. */
  readonly readPart: (part: Part, into: PostingKernel) => void;
  /** A page may be overwritten by the next. */
  readonly readPages: () => Iterable<Uint8Array>;
  readonly shards: readonly SegmentShard[];
}

export interface SegmentShard {
  readonly entry: ShardEntry;
  readonly problems: readonly DataProblem[];
  readonly columns: Columns | null;
  readonly reading: Reading;
  readonly restarts: readonly Stored<IndexedRestart>[];
  readonly blocks: readonly Stored<RestartPoint>[];
  /** The windows of such points, wherever they lie now. One may be overwritten by the next. */
  readonly readWindows: (windows: readonly Region[]) => Iterable<Uint8Array>;
}

/** What is stored of a shard beside its entry in the manifest. */
export interface StoredShardFacts {
  readonly problems: readonly DataProblem[];
  readonly columns: Columns | null;
  readonly reading: Reading;
  readonly restarts: readonly Stored<IndexedRestart>[];
  /** Not there in segments of an earlier Verbatim. */
  readonly blocks: readonly Stored<RestartPoint>[];
}

/** Returns the segment as the manifest will name it. What fails or is stopped leaves nothing behind. */
export async function writeSegment(
  folder: string,
  source: SegmentSource,
  kernel: PostingKernel,
  signal: AbortSignal,
): Promise<SegmentEntry> {
  const file = `segment-${randomUUID()}`;
  const draft = join(folder, `draft-${file}`);
  const out = new Output(draft);
  try {
    const { nPostings, buckets, postings } = await writePostings(out, source, kernel, signal);
    const { pages, documents } = writeDocuments(out, source);
    const { shards, windows } = writeShards(out, source.shards);
    const header = writeHeader({
      shape: source.shape,
      nPostings,
      buckets,
      postings,
      pages,
      documents,
      shards,
      windows,
    });
    const nBytes = out.end(header);
    renameSync(draft, join(folder, file));
    return { file, nBytes, digest: digestOf(header), shards: source.shards.map(({ entry }) => entry) };
  } catch (error) {
    out.close();
    rmSync(draft, { force: true });
    throw error;
  }
}

/** Records that are sorted at once, about: 2 MB, and as many again. */
const RECORDS_A_PART = 1 << 18;

async function writePostings(
  out: Output,
  { shape, nRecords, readPart }: SegmentSource,
  kernel: PostingKernel,
  signal: AbortSignal,
) {
  const start = out.at;
  const places = new PlaceWriter();
  const bits = Math.min(shape.bucketBits, Math.ceil(Math.log2(Math.max(1, nRecords / RECORDS_A_PART))));
  // Parts of hashes are nearly of one size.
  kernel.begin(shape, Math.ceil((1.05 * nRecords) / 2 ** bits));
  for (let number = 0; number < 2 ** bits; number++) {
    await turn();
    throwIfAborted(signal);
    const part: Part = { bits, number };
    kernel.clear();
    readPart(part, kernel);
    kernel.write(part, (buckets, ends) => {
      out.write(buckets);
      for (let i = 0; i < ends.length; i++) places.add(ends[i]! - (ends[i - 1] ?? 0));
    });
  }
  const postings = { at: start, nBytes: out.at - start };
  return { nPostings: kernel.nPostings, postings, buckets: writeTable(out, places) };
}

function writeDocuments(out: Output, source: SegmentSource) {
  const start = out.at;
  const places = new PlaceWriter();
  for (const page of source.readPages()) {
    out.write(page);
    places.add(page.length);
  }
  const documents = { at: start, nBytes: out.at - start };
  return { documents, pages: writeTable(out, places) };
}

function writeTable(out: Output, places: PlaceWriter): PieceTable {
  const { table, ...shape } = places.end();
  return { ...out.region(table), ...shape };
}

function writeShards(out: Output, shards: readonly SegmentShard[]) {
  const start = out.at;
  const stored = shards.map(
    ({ problems, columns, reading, restarts, blocks, readWindows }): StoredShardFacts => {
      const windows = [...restarts, ...blocks].map(({ window }) => window);
      const places = Array.from(readWindows(windows), (window) => out.checked(window));
      return {
        ...{ problems, columns, reading },
        restarts: restarts.map((point, i) => ({ ...point, window: places[i]! })),
        blocks: blocks.map((point, i) => ({ ...point, window: places[restarts.length + i]! })),
      };
    },
  );
  const windows = { at: start, nBytes: out.at - start };
  return { windows, shards: out.checked(deflateRawSync(JSON.stringify(stored))) };
}

const BUFFER_BYTES = 1 << 20;

/** A file that is written from behind the header on, in large pieces. */
class Output {
  readonly #path: string;
  readonly #file: number;
  readonly #buffer = Buffer.alloc(BUFFER_BYTES);
  readonly #checksum = Buffer.alloc(4);
  #nHeld = 0;
  #isOpen = true;
  at = HEADER_BYTES;

  constructor(path: string) {
    this.#path = path;
    this.#file = openSync(path, 'wx');
  }

  write(bytes: Uint8Array): void {
    if (this.#nHeld + bytes.length > BUFFER_BYTES) this.#flush();
    if (bytes.length > BUFFER_BYTES) writeAll(this.#file, this.#path, bytes, this.at);
    else {
      this.#buffer.set(bytes, this.#nHeld);
      this.#nHeld += bytes.length;
    }
    this.at += bytes.length;
  }

  region(bytes: Uint8Array): Region {
    const { at } = this;
    this.write(bytes);
    return { at, nBytes: bytes.length };
  }

  /** With a checksum before it. */
  checked(bytes: Uint8Array): Region {
    this.#checksum.writeUInt32LE(crc32(bytes));
    const { at } = this.region(this.#checksum);
    this.write(bytes);
    return { at, nBytes: this.at - at };
  }

  /** Returns the file's bytes once they are on the disk. */
  end(header: Uint8Array): number {
    this.#flush();
    writeAll(this.#file, this.#path, header, 0);
    sync(this.#file, this.#path);
    this.close();
    return this.at;
  }

  close(): void {
    if (this.#isOpen) closeSync(this.#file);
    this.#isOpen = false;
  }

  #flush(): void {
    writeAll(this.#file, this.#path, this.#buffer.subarray(0, this.#nHeld), this.at - this.#nHeld);
    this.#nHeld = 0;
  }
}
