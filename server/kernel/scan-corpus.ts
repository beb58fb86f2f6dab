// Compares the samples with the shards of a corpus and hands over one result a shard: the front door of the
// detector's scanning half. The other half is engine/find-fragments.ts.

import { availableParallelism } from 'node:os';
import { setImmediate } from 'node:timers/promises';
import type { MatchRule } from '../../protocol/study.ts';
import type { Shard } from '../corpus/shard.ts';
import type { SampleInput, ShardResult } from '../engine/detection.ts';
import { indexInSteps, releaseIndex } from '../engine/sample-index.ts';
import { throwIfAborted, UserError } from '../errors.ts';
import { type Report, startMeter } from '../progress.ts';
import { type PoolEvents, type ShardFailure, scanInThreads } from './scan-pool.ts';
import { type SharedIndex, shareIndex } from './share-index.ts';
import { collectGarbage, keepYoungGenerationSmall } from './spare-memory.ts';

export interface ScanRequest {
  readonly samples: readonly SampleInput[];
  readonly rule: MatchRule;
  /** Only those that are still to do. */
  readonly shards: readonly Shard[];
  /** How many cores to use. */
  readonly workers: number | 'auto';
  readonly signal: AbortSignal;
  readonly report: Report;
  /** Bytes of the whole corpus on disk, and of its shards that need no scan any more. */
  readonly totalBytes: number;
  readonly resumedBytes: number;
  /** Awaited before a shard is opened, for one that is still on its way; if it rejects, the shard has failed. */
  readonly ready?: (shard: Shard) => Promise<void>;
  /** Called once for each shard that was scanned, in the order in which they end. */
  readonly onShard: (shard: Shard, result: ShardResult) => void;
  /** Called once for each shard that could not be scanned: nothing of it counts, a rerun scans it again. */
  readonly onFailure: (shard: Shard, failure: ShardFailure) => void;
}

/** Throws `Cancelled` within a second of the signal; every other trouble belongs to one shard. */
export async function scanCorpus(request: ScanRequest): Promise<void> {
  const { rule, shards, signal } = request;
  throwIfAborted(signal);
  if (!(rule.minLines >= 1))
    throw new UserError(`A match of ${rule.minLines} lines is none: minLines must be at least 1`);
  const meter = startMeter(request.report, 'scan', 'bytes', request.totalBytes, request.resumedBytes);
  const counted = new Map<Shard, number>();
  const advance = (shard: Shard, diskBytes: number) => {
    counted.set(shard, (counted.get(shard) ?? 0) + diskBytes);
    meter.advance(diskBytes, shard.name);
  };
  /** An ended shard counts as a whole, also when it was not read to its last byte. */
  const complete = (shard: Shard) => advance(shard, shard.nBytes - (counted.get(shard) ?? 0));
  const nCores = request.workers === 'auto' ? availableParallelism() : request.workers;
  const events: PoolEvents = {
    ready: request.ready ?? (async () => {}),
    onBytes: advance,
    onShard(shard, result) {
      complete(shard);
      request.onShard(shard, result);
    },
    onFailure(shard, failure) {
      complete(shard);
      request.onFailure(shard, failure);
    },
  };
  keepYoungGenerationSmall();
  try {
    await scanInThreads(makeIndex(request), shards, nCores, signal, events);
  } finally {
    // Only then do the threads' last promises let go of the index.
    await setImmediate();
    collectGarbage();
  }
}

/** Begins when the caller lets go, so that the threads start first. */
async function makeIndex({ samples, rule, signal }: ScanRequest): Promise<SharedIndex> {
  const steps = indexInSteps(samples, rule);
  for (;;) {
    await setImmediate();
    throwIfAborted(signal);
    const { done, value } = steps.next();
    if (!done) continue;
    const index = shareIndex(value, rule);
    releaseIndex(value);
    return index;
  }
}

export type { ShardFailure };
