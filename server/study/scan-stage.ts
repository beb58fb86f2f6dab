// Stage `scan`: every shard once, a shard a transaction. A scanned shard whose file has not changed is
// never read again.

import type { Progress } from '../../protocol/study.ts';
import type { Shard } from '../corpus/shard.ts';
import type { SampleInput, ShardResult } from '../engine/detection.ts';
import { ShardFetcher } from '../hub/shard-fetcher.ts';
import { scanCorpus } from '../kernel/scan-corpus.ts';
import type { Report } from '../progress.ts';
import { readSampleTexts } from '../store/samples-table.ts';
import {
  insertShards,
  markShardFailed,
  readShards,
  resetShard,
  type StoredShard,
  storeShardResult,
} from '../store/shards-table.ts';
import { type Database, transact } from '../store/study-file.ts';
import { mergeEnvironment, setAnalysed } from '../store/study-table.ts';
import { systemFacts } from './environment.ts';
import { hubAccess } from './hub-sources.ts';
import { listCorpus } from './list-corpus.ts';
import { isSameShard } from './shard-identity.ts';
import type { StageContext } from './stage-context.ts';

/** Lists the corpus and notes it in the file; a shard that changed since its scan becomes pending again. */
export async function registerShards({
  db,
  plan,
  execution,
  signal,
}: StageContext): Promise<readonly Shard[]> {
  const { shards, duplicates } = await listCorpus(db, plan, hubAccess(execution, signal), signal);
  const stored = readShards(db);
  transact(db, () => {
    mergeEnvironment(db, { ...systemFacts(), duplicateShards: duplicates.length > 0 ? duplicates : null });
    if (!sameCorpus(stored, shards)) {
      db.exec('DELETE FROM problems; DELETE FROM documents; DELETE FROM restart_points; DELETE FROM shards');
      insertShards(db, shards);
      setAnalysed(db, 0);
      return;
    }
    for (const [i, shard] of shards.entries()) {
      if (isSameShard(stored[i]!, shard)) continue;
      resetShard(db, shard);
      setAnalysed(db, 0);
    }
  });
  return shards;
}

const sameCorpus = (stored: readonly StoredShard[], shards: readonly Shard[]) =>
  stored.length === shards.length && shards.every((shard, i) => shard.path === stored[i]!.path);

/** Begins to fetch what is to be scanned and not here: other stages need not wait for it. */
export function fetchShards(
  { db, execution, signal }: StageContext,
  shards: readonly Shard[],
): Promise<ShardFetcher> {
  return ShardFetcher.start({
    access: hubAccess(execution, signal),
    shards: pendingShards(db, shards),
    keep: execution.keepShards ?? 'always',
    signal,
  });
}

function pendingShards(db: Database, shards: readonly Shard[]): readonly Shard[] {
  const states = new Map(readShards(db).map((shard) => [shard.index, shard.state]));
  return shards.filter((shard) => states.get(shard.index) !== 'scanned');
}

export async function scan(
  context: StageContext,
  shards: readonly Shard[],
  fetcher: ShardFetcher,
): Promise<void> {
  const { db, plan, execution, signal } = context;
  const report = reportWithFetching(context.report, fetcher);
  const pending = pendingShards(db, shards);
  if (pending.length === 0) return;
  setAnalysed(db, 0);
  const bytes = (list: readonly Shard[]) => list.reduce((sum, shard) => sum + shard.nBytes, 0);
  await scanCorpus({
    samples: detectionSamples(db),
    rule: plan.rule,
    shards: pending,
    workers: execution.workers,
    signal,
    report,
    totalBytes: bytes(shards),
    resumedBytes: bytes(shards) - bytes(pending),
    ready: (shard) => fetcher.arrived(shard),
    onShard: (shard, result) => {
      transact(db, () => storeShardResult(db, shard.index, withListingProblems(shard, result)));
      fetcher.release(shard);
    },
    onFailure: (shard, { byteOffset, error }) => {
      fetcher.release(shard);
      const message = `${shard.path}: the scan broke off in the row at byte ${byteOffset} (${error.message}); none of it counts`;
      markShardFailed(db, shard.index, message);
    },
  });
}

/** One line of progress for both: what is scanned, and how the rest is coming along. */
export function reportWithFetching(report: Report, fetcher: ShardFetcher): Report {
  let last: Progress | undefined;
  fetcher.listen((message) => last && last.done < last.total && report({ ...last, message }));
  return (progress) => {
    last = progress;
    report(progress);
  };
}

/** Also what listing the corpus could not take in: it belongs to the shard that it was found beside. */
export function withListingProblems({ problems: listed = [] }: Shard, result: ShardResult): ShardResult {
  return {
    ...result,
    problems: [...listed, ...result.problems],
    nProblems: listed.length + (result.nProblems ?? result.problems.length),
  };
}

/** Samples as detection sees them, in order of id. */
export function detectionSamples(db: Database): readonly SampleInput[] {
  return Array.from(readSampleTexts(db), ({ sampleId, text, ended }) => ({
    sampleId,
    text,
    cut: ended !== 'eos',
  }));
}
