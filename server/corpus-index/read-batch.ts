// Reads the shards that become a segment: in threads, as a scan does, or here where that takes no longer: a thread of its own
// has some 20 MB.

import { availableParallelism } from 'node:os';
import { dirname } from 'node:path';
import type { Shard } from '../corpus/shard.ts';
import { EnvironmentError, throwIfAborted } from '../errors.ts';
import { ScanKernel } from '../kernel/scan-kernel.ts';
import { type PoolEvents, scanInThreads } from '../kernel/scan-pool.ts';
import type { IndexMemory } from '../kernel/share-index.ts';
import { programUrl } from '../program-url.ts';
import type { Meter } from '../progress.ts';
import { keepYoungGenerationSmall } from '../spare-memory.ts';
import { type IndexedShard, indexShard } from './index-shard.ts';
import { type IndexingStart, indexingFailure } from './indexing-thread.ts';
import { type Manifest, seedOf } from './manifest.ts';

const workerUrl = programUrl('./index-worker.ts', import.meta.url);

export interface ShardRead {
  readonly shard: Shard;
  readonly result: IndexedShard;
}

export interface ReadOptions {
  /** What all segments of an index agree on. */
  readonly question: Pick<Manifest, 'rule' | 'gramLines' | 'seed'>;
  /** Folder for what is left on the disk. */
  readonly spill: string;
  readonly workers: number | 'auto';
  readonly signal: AbortSignal;
  readonly meter: Meter;
  /** Nobody else uses it meanwhile. */
  readonly memory: IndexMemory;
}

/** In their order. `failures` takes a sentence for each shard that could not be read. Throws where the disk is full. */
export async function readBatch(
  batch: readonly Shard[],
  { question, spill, workers, signal, meter, memory }: ReadOptions,
  failures: string[],
): Promise<readonly ShardRead[]> {
  const read: ShardRead[] = [];
  const counted = new Map<Shard, number>();
  const advance = (shard: Shard, nBytes: number) => {
    counted.set(shard, (counted.get(shard) ?? 0) + nBytes);
    meter.advance(nBytes, shard.name);
  };
  const shared = memory.shareWindowing(question.rule, question.gramLines, seedOf(question));
  const start: IndexingStart = { ...shared, folder: spill };
  let fatal: Error | undefined;
  const events: PoolEvents<IndexedShard> = {
    onBytes: advance,
    async onOutcome(outcome) {
      const { shard } = outcome;
      advance(shard, shard.nBytes - (counted.get(shard) ?? 0));
      if (outcome.kind === 'scanned') {
        read.push({ shard, result: withListingProblems(shard, outcome.result) });
        return;
      }
      const { error } = outcome.failure;
      // A full disk is no fault of the shard's.
      if (error.message.includes(dirname(spill))) fatal ??= error;
      failures.push(`${shard.path} is not in the index: ${error.message}`);
    },
  };
  const nThreads = Math.min(batch.length, workers === 'auto' ? availableParallelism() : workers);
  if (isReadHere(batch, nThreads)) await readHere(start, batch, signal, events);
  else await scanInThreads(start, batch, nThreads, signal, events, workerUrl);
  if (fatal) throw fatal;
  return read.sort((a, b) => a.shard.index - b.shard.index);
}

function withListingProblems({ problems = [] }: Shard, result: IndexedShard): IndexedShard {
  if (problems.length === 0) return result;
  return {
    ...result,
    problems: [...problems, ...result.problems],
    nProblems: problems.length + result.nProblems,
  };
}

/** Bytes of shards that are read in the time that a thread takes to start: lines as they stand in the file, or in gzip. */
const HERE_BYTES = { jsonl: 32 << 20, 'jsonl.gz': 8 << 20 } as const;

/** Whether a thread would gain nothing. Other formats have decoders that a thread is there to watch. */
const isReadHere = (batch: readonly Shard[], nThreads: number): boolean =>
  batch.every(({ format }) => format in HERE_BYTES) &&
  (nThreads === 1 ||
    batch.reduce(
      (sum, { format, nBytes }) => sum + nBytes / HERE_BYTES[format as keyof typeof HERE_BYTES],
      0,
    ) <= 1);

async function readHere(
  start: IndexingStart,
  batch: readonly Shard[],
  signal: AbortSignal,
  events: PoolEvents<IndexedShard>,
): Promise<void> {
  keepYoungGenerationSmall();
  const kernel = new ScanKernel(start, 'index');
  for (const shard of batch) {
    throwIfAborted(signal);
    const hooks = { signal, onBytes: (diskBytes: number) => events.onBytes(shard, diskBytes) };
    let result: IndexedShard;
    try {
      result = await indexShard(kernel, shard, start.folder, hooks);
    } catch (thrown) {
      throwIfAborted(signal);
      const { message, cause } = indexingFailure(thrown, start.folder);
      const error = cause === 'environment' ? new EnvironmentError(message) : new Error(message);
      await events.onOutcome({ kind: 'failed', shard, failure: { byteOffset: 0, error } });
      continue;
    }
    await events.onOutcome({ kind: 'scanned', shard, result });
  }
}
