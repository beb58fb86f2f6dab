// Runs several studies over one corpus: each is sampled by itself, then one scan looks for the samples of all
// of them, and each study keeps what it would have found alone.

import type { Execution, StudyPlan, StudySummary } from '../../protocol/study.ts';
import type { Shard } from '../corpus/shard.ts';
import { type Restriction, restrictRuns } from '../engine/restrict-runs.ts';
import { lockOrRefuse } from '../file-lock.ts';
import { ShardFetcher } from '../hub/shard-fetcher.ts';
import { scanCorpus } from '../kernel/scan-corpus.ts';
import type { Report } from '../progress.ts';
import { markShardFailed, readShards, storeShardResult } from '../store/shards-table.ts';
import { type Database, openForWriting, transact } from '../store/study-file.ts';
import { setAnalysed } from '../store/study-table.ts';
import { hubAccess } from './hub-sources.ts';
import { runStudy } from './run-study.ts';
import { detectionSamples, registerShards, reportWithFetching, withListingProblems } from './scan-stage.ts';

export interface SweepStudy {
  readonly file: string;
  readonly plan: StudyPlan;
}

export interface SweepRequest {
  readonly studies: readonly SweepStudy[];
  readonly execution: Execution;
  readonly signal: AbortSignal;
  readonly report: Report;
  /** Called before each study is sampled and analysed. */
  readonly onStudy: (study: SweepStudy) => void;
}

/** Goes on where an earlier run stopped, as a single study does. */
export async function runSweep({ studies, onStudy, ...run }: SweepRequest): Promise<readonly StudySummary[]> {
  for (const study of studies) {
    onStudy(study);
    await runStudy({ ...study, ...run, upTo: 'sample' });
  }
  const groups = new Map<string, SweepStudy[]>();
  for (const study of studies) {
    const key = JSON.stringify([study.plan.rule, study.plan.corpus]);
    groups.set(key, [...(groups.get(key) ?? []), study]);
  }
  for (const group of groups.values()) if (group.length > 1) await scanTogether(group, run);
  const summaries: StudySummary[] = [];
  for (const study of studies) {
    onStudy(study);
    summaries.push(await runStudy({ ...study, ...run, upTo: 'analyse' }));
  }
  return summaries;
}

interface OpenStudy {
  readonly db: Database;
  readonly pending: ReadonlySet<number>;
  readonly restriction: Restriction;
}

async function scanTogether(
  group: readonly SweepStudy[],
  { execution, signal, report }: Omit<SweepRequest, 'studies' | 'onStudy'>,
): Promise<void> {
  using held = new DisposableStack();
  const dbs = group.map(({ file }) => {
    held.use(lockOrRefuse(file));
    const db = openForWriting(file);
    held.defer(() => db.close());
    return db;
  });
  let shards: readonly Shard[] = [];
  for (const [i, db] of dbs.entries()) {
    shards = await registerShards({ db, plan: group[i]!.plan, execution, signal, report });
  }
  const { rule } = group[0]!.plan;
  const sets = dbs.map(detectionSamples);
  const restrictions = restrictRuns(sets, rule);
  const open = dbs.map((db, i): OpenStudy => {
    const waiting = readShards(db).filter(({ state }) => state !== 'scanned');
    return { db, pending: new Set(waiting.map(({ index }) => index)), restriction: restrictions[i]! };
  });
  const pending = shards.filter(({ index }) => open.some((study) => study.pending.has(index)));
  if (pending.length === 0) return;
  for (const { db } of open) setAnalysed(db, 0);
  const bytes = (list: readonly Shard[]) => list.reduce((sum, shard) => sum + shard.nBytes, 0);
  const fetching = new AbortController();
  const fetchSignal = AbortSignal.any([signal, fetching.signal]);
  const access = hubAccess(execution, fetchSignal);
  const keep = execution.keepShards ?? 'always';
  try {
    const fetcher = await ShardFetcher.start({ access, shards: pending, keep, signal: fetchSignal });
    await scanCorpus({
      samples: sets.flat(),
      rule,
      shards: pending,
      workers: execution.workers,
      signal,
      report: reportWithFetching(report, fetcher),
      totalBytes: bytes(shards),
      resumedBytes: bytes(shards) - bytes(pending),
      ready: (shard) => fetcher.arrived(shard),
      onShard: (shard, result) => {
        const whole = withListingProblems(shard, result);
        for (const { db, pending: waiting, restriction } of open) {
          if (!waiting.has(shard.index)) continue;
          const { problems, nProblems = problems.length } = whole;
          const own = { ...restriction.restrict(result), problems, nProblems };
          transact(db, () => storeShardResult(db, shard.index, own));
        }
        fetcher.release(shard);
      },
      onFailure: (shard, { byteOffset, error }) => {
        fetcher.release(shard);
        const message = `${shard.path}: the scan broke off in the row at byte ${byteOffset} (${error.message}); none of it counts`;
        for (const { db, pending: waiting } of open) {
          if (waiting.has(shard.index)) markShardFailed(db, shard.index, message);
        }
      },
    });
  } finally {
    fetching.abort();
  }
}
