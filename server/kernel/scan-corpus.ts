// Compares the samples with the shards of a corpus and hands over one outcome a shard: the front door of the
// detector's scanning half. The other half is engine/find-fragments.ts.

import { availableParallelism } from 'node:os';
import { setImmediate } from 'node:timers/promises';
import type { MatchRule } from '../../protocol/study.ts';
import type { Shard } from '../corpus/shard.ts';
import type { SampleInput } from '../engine/detection.ts';
import type { SampleIndex } from '../engine/sample-index.ts';
import { throwIfAborted, UserError } from '../errors.ts';
import { type Report, startMeter } from '../progress.ts';
import { collectGarbage, keepYoungGenerationSmall } from '../spare-memory.ts';
import { HandOver } from './hand-over.ts';
import { type ShardOutcome, scanInThreads } from './scan-pool.ts';
import { type SharedIndex, shareInSteps } from './share-index.ts';

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
  /**
   * Awaited before a shard is opened, for one that is still on its way: resolves with what is to be read, the shard or a copy
   * of it. If it rejects, the shard has failed.
   */
  readonly ready?: (shard: Shard) => Promise<Shard>;
  /**
   * Hears of the samples' lines before the first outcome, for whoever goes on with them: they lie in the memory that the
   * threads share, which is then not given back when the scan ends.
   */
  readonly onNumbered?: (lines: SampleIndex) => void;
}

/**
 * One outcome a shard, in the order in which they end. Throws `Cancelled` within a second of the signal; every other
 * trouble belongs to one shard. A reader that leaves early ends the threads.
 */
export async function* scanCorpus(request: ScanRequest): AsyncGenerator<ShardOutcome> {
  const { rule, shards } = request;
  throwIfAborted(request.signal);
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
  const leaving = new AbortController();
  const signal = AbortSignal.any([request.signal, leaving.signal]);
  const outcomes = new HandOver<ShardOutcome>();
  keepYoungGenerationSmall();
  const scanned = scanInThreads(makeIndex({ ...request, signal }), shards, nCores, signal, {
    ready: request.ready ?? (async (shard) => shard),
    onBytes: advance,
    onOutcome(outcome) {
      complete(outcome.shard);
      return outcomes.give(outcome);
    },
  }).finally(() => outcomes.end());
  scanned.catch(() => {}); // Told when the outcomes before it have been read.
  try {
    yield* outcomes.read();
    await scanned;
  } finally {
    leaving.abort();
    await scanned.catch(() => {});
    const nBytes = request.samples.reduce((sum, { text }) => sum + text.length, 0);
    if (request.onNumbered === undefined && nBytes >= WORTH_COLLECTING_BYTES) {
      // Only then do the threads' last promises let go of the index.
      await setImmediate();
      collectGarbage();
    }
  }
}

/** The index of fewer bytes of samples is smaller than what a collection is for, and a collection takes as long as a small scan. */
const WORTH_COLLECTING_BYTES = 1 << 20;

/** Begins when the caller lets go, so that the threads start first. */
async function makeIndex({ samples, rule, signal, onNumbered }: ScanRequest): Promise<SharedIndex> {
  const steps = shareInSteps(samples, rule);
  for (;;) {
    await setImmediate();
    throwIfAborted(signal);
    const { done, value } = steps.next();
    if (!done) continue;
    onNumbered?.(value.lines);
    return value.index;
  }
}
