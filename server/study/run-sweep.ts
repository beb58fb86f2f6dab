// Runs several studies over one corpus: each is sampled by itself, then one scan looks for the samples of all
// of them, and each study keeps what it would have found alone.

import type { Execution, StudyPlan, StudySummary } from '../../protocol/study.ts';
import type { Shard } from '../corpus/shard.ts';
import { lockOrRefuse } from '../file-lock.ts';
import type { Report } from '../progress.ts';
import { openForWriting } from '../store/study-file.ts';
import type { Executor } from './executors/executor.ts';
import { localExecutor } from './executors/local.ts';
import { fetchShards } from './fetch-shards.ts';
import { registerShards } from './register-shards.ts';
import { runStudy } from './run-study.ts';
import { scanPending } from './scan-stage.ts';

export interface SweepStudy {
  readonly file: string;
  readonly plan: StudyPlan;
}

export interface SweepRequest {
  readonly studies: readonly SweepStudy[];
  readonly execution: Execution;
  readonly signal: AbortSignal;
  readonly report: Report;
  /** This machine unless another is named. */
  readonly executor?: Executor;
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

async function scanTogether(
  group: readonly SweepStudy[],
  { execution, executor = localExecutor, signal, report }: Omit<SweepRequest, 'studies' | 'onStudy'>,
): Promise<void> {
  using held = new DisposableStack();
  const dbs = group.map(({ file }) => {
    held.use(lockOrRefuse(file));
    const db = openForWriting(file);
    held.defer(() => db.close());
    return db;
  });
  const run = { execution, executor, signal, report };
  let shards: readonly Shard[] = [];
  for (const [i, db] of dbs.entries()) shards = await registerShards({ db, plan: group[i]!.plan, ...run });
  const fetching = new AbortController();
  const fetchSignal = AbortSignal.any([signal, fetching.signal]);
  try {
    const fetch = (pending: readonly Shard[]) => fetchShards(pending, execution, fetchSignal);
    await scanPending(dbs, { ...run, rule: group[0]!.plan.rule, shards, fetch });
  } finally {
    fetching.abort();
  }
}
