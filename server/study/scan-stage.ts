// Stage `scan`: every shard once, a shard a transaction. A scanned shard whose file has not changed is never read
// again. Studies over one corpus are scanned together: one pass looks for the samples of all of them, and each study
// keeps what it would have found alone.

import type { Execution, MatchRule } from '../../protocol/study.ts';
import type { Shard } from '../corpus/shard.ts';
import type { SampleInput, ShardResult } from '../engine/detection.ts';
import { restrictRuns } from '../engine/restrict-runs.ts';
import type { SampleIndex } from '../engine/sample-index.ts';
import type { ShardFetcher } from '../hub/shard-fetcher.ts';
import { numberSamples } from '../kernel/number-samples.ts';
import type { ShardOutcome } from '../kernel/scan-pool.ts';
import type { Report } from '../progress.ts';
import { markShardFailed, readShards, storeShardResult } from '../store/shards-table.ts';
import { forgetStage } from '../store/stages-table.ts';
import { type Database, transact } from '../store/study-file.ts';
import { detectionSamples, type NumberedSamples } from './detection-samples.ts';
import type { Executor } from './executors/executor.ts';
import { reportWithFetching } from './fetch-shards.ts';

export interface ScanContext {
  readonly rule: MatchRule;
  /** The whole corpus, scanned or not. */
  readonly shards: readonly Shard[];
  readonly executor: Executor;
  readonly execution: Execution;
  readonly signal: AbortSignal;
  readonly report: Report;
  /** Brings the shards that some study waits for; called only where there are any. */
  readonly fetch: (pending: readonly Shard[]) => Promise<ShardFetcher>;
}

/** The shards that some of the studies have not scanned yet. */
export function pendingShards(dbs: readonly Database[], shards: readonly Shard[]): readonly Shard[] {
  const pending = dbs.map(pendingIn);
  return shards.filter(({ index }) => pending.some((waiting) => waiting.has(index)));
}

function pendingIn(db: Database): ReadonlySet<number> {
  const waiting = readShards(db).filter(({ state }) => state !== 'scanned');
  return new Set(waiting.map(({ index }) => index));
}

/**
 * The studies lie over the same shards, and go by the same rule. Returns the samples of a study that was scanned alone, on this
 * machine, with their lines: its analysis need not make them again.
 */
export async function scanPending(
  dbs: readonly Database[],
  context: ScanContext,
): Promise<NumberedSamples | null> {
  const { rule, shards, executor, execution, signal } = context;
  const pending = pendingShards(dbs, shards);
  if (pending.length === 0) return null;
  const sets = dbs.map(detectionSamples);
  const studies = openForResults(dbs, sets, rule);
  const fetcher = await context.fetch(pending);
  let index = null as SampleIndex | null;
  const outcomes = executor.scan({
    samples: sets.flat(),
    rule,
    shards: pending,
    workers: execution.workers,
    signal,
    report: reportWithFetching(context.report, fetcher),
    totalBytes: bytesOf(shards),
    resumedBytes: bytesOf(shards) - bytesOf(pending),
    ready: (shard) => fetcher.arrived(shard),
    ...(dbs.length === 1 && { onNumbered: (lines: SampleIndex) => (index = lines) }),
  });
  for await (const outcome of outcomes) {
    for (const study of studies) if (study.waiting.has(outcome.shard.index)) keepOutcome(study, outcome);
    fetcher.release(outcome.shard);
  }
  return index && { samples: sets[0]!, index };
}

/** A study with the shards that it waits for, and with what a common result means for it alone. */
interface ScannedStudy {
  readonly db: Database;
  readonly waiting: ReadonlySet<number>;
  readonly restrict: (result: ShardResult) => ShardResult;
}

function openForResults(
  dbs: readonly Database[],
  sets: readonly (readonly SampleInput[])[],
  rule: MatchRule,
): readonly ScannedStudy[] {
  const restrictions = dbs.length === 1 ? [] : restrictRuns(sets, rule, numberSamples(sets.flat(), rule));
  for (const db of dbs) forgetStage(db, 'analyse');
  return dbs.map((db, i) => ({
    db,
    waiting: pendingIn(db),
    restrict: (result) => restrictions[i]?.restrict(result) ?? result,
  }));
}

function keepOutcome({ db, restrict }: ScannedStudy, outcome: ShardOutcome): void {
  const { shard } = outcome;
  if (outcome.kind === 'scanned') {
    const own = withListingProblems(shard, restrict(outcome.result));
    transact(db, () => storeShardResult(db, shard.index, own));
    return;
  }
  const { byteOffset, error } = outcome.failure;
  const message = `${shard.path}: the scan broke off in the row at byte ${byteOffset} (${error.message}); none of it counts`;
  markShardFailed(db, shard.index, message);
}

const bytesOf = (shards: readonly Shard[]) => shards.reduce((sum, shard) => sum + shard.nBytes, 0);

/** Adds the problems of listing the corpus: each belongs to the shard that it was found beside. */
function withListingProblems({ problems: listed = [] }: Shard, result: ShardResult): ShardResult {
  return {
    ...result,
    problems: [...listed, ...result.problems],
    nProblems: listed.length + (result.nProblems ?? result.problems.length),
  };
}
