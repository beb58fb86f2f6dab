// Makes segments of shards, one batch of them after the other.

import type { Shard } from '../corpus/shard.ts';
import { PostingKernel } from '../kernel/posting-kernel.ts';
import { IndexMemory } from '../kernel/share-index.ts';
import type { Meter } from '../progress.ts';
import type { Manifest, SegmentEntry } from './manifest.ts';
import { MAX_DOCUMENTS, shapeFor } from './postings.ts';
import { readBatch, type ShardRead } from './read-batch.ts';
import { entryOf } from './shard-entries.ts';
import { pagesOf, type ReadShard, sourceOfShards } from './source-of-shards.ts';
import { nRecordsOf } from './spill.ts';
import { writeSegment } from './write-segment.ts';

/** Bytes of text for a posting, about. */
const TEXT_A_POSTING = 110;

/** What all segments of an index agree on. */
export interface SegmentQuestion extends Pick<Manifest, 'rule' | 'gramLines' | 'seed' | 'root'> {
  /** Text of the whole index, about. */
  readonly expectedBytes: number;
}

/** What became of some shards. */
export interface Segments {
  readonly segments: readonly SegmentEntry[];
  readonly failures: readonly string[];
  readonly nProblems: number;
}

export interface BatchRequest {
  readonly question: SegmentQuestion;
  readonly batch: readonly Shard[];
  /** Folder that the segments are put into. */
  readonly folder: string;
  /** Folder for what lies on the disk until the segments are written. */
  readonly spill: string;
  readonly workers: number | 'auto';
  readonly signal: AbortSignal;
  readonly meter: Meter;
}

/** Keeps its memory from one batch to the next: what is left to be collected piles up with the size of the corpus. */
export class BatchWriter {
  readonly #memory = new IndexMemory();
  /** It writes when all is read. */
  readonly #kernel = new PostingKernel(this.#memory);

  /** Reads shards, and writes the segments that they make. */
  async write({ batch, ...request }: BatchRequest): Promise<Segments> {
    const failures: string[] = [];
    const segments: SegmentEntry[] = [];
    const read = await readBatch(batch, { ...request, memory: this.#memory }, failures);
    for (const group of inSegments(read)) segments.push(await this.#segmentOf(group, request));
    return { segments, failures, nProblems: read.reduce((sum, { result }) => sum + result.nProblems, 0) };
  }

  async #segmentOf(
    group: readonly ShardRead[],
    { question: { root, expectedBytes }, folder, signal }: Omit<BatchRequest, 'batch'>,
  ): Promise<SegmentEntry> {
    let firstDocument = 0;
    const shards = group.map(({ shard, result }): ReadShard => {
      const entry = entryOf(root, shard, result, firstDocument);
      firstDocument += pagesOf(result.nDocuments);
      return { shard, result, entry };
    });
    const nRecords = shards.reduce((sum, { result }) => sum + nRecordsOf(result.spill), 0);
    // A document that was cut off may have left records with the number behind the last.
    const shape = shapeFor(expectedBytes / TEXT_A_POSTING, nRecords, firstDocument + 1);
    return writeSegment(folder, sourceOfShards(shape, shards), this.#kernel, signal);
  }
}

/** Shards whose documents a segment can number. */
function* inSegments(read: readonly ShardRead[]): Generator<readonly ShardRead[]> {
  let group: ShardRead[] = [];
  let nDocuments = 0;
  for (const shard of read) {
    const n = pagesOf(shard.result.nDocuments);
    if (nDocuments + n >= MAX_DOCUMENTS) {
      yield group;
      group = [];
      nDocuments = 0;
    }
    group.push(shard);
    nDocuments += n;
  }
  if (group.length > 0) yield group;
}
