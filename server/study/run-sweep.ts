// Runs several studies over one corpus: each is sampled by itself, then one scan looks for the samples of all
// of them, and each study keeps what it would have found alone.

import type { Execution, StudyPlan, StudySummary } from '../../protocol/study.ts';
import type { Shard } from '../corpus/shard.ts';
import { lockOrRefuse } from '../file-lock.ts';
import type { Report } from '../progress.ts';
import { openForWriting } from '../store/study-file.ts';
import { chooseExecutor } from './executors/choose-executor.ts';
import type { Executor } from './executors/executor.ts';
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
  /** Left out: what `execution` says. */
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
  { execution, executor: given, signal, report }: Omit<SweepRequest, 'studies' | 'onStudy'>,
): Promise<void> {
  using held = new DisposableStack();
  const dbs = group.map(({ file }) => {
    held.use(lockOrRefuse(file));
    const db = openForWriting(file);
    held.defer(() => db.close());
    return db;
  });
  const executor = given ?? chooseExecutor(execution, group[0]!.file);
  const run = { execution, executor, signal, report };
  let shards: readonly Shard[] = [];
  for (const [i, db] of dbs.entries()) shards = await registerShards({ db, plan: group[i]!.plan, ...run });
  const fetching = new AbortController();
  const fetchSignal = AbortSignal.any([signal, fetching.signal]);
  try {
    const fetch = (pending: readonly Shard[]) =>
      fetchShards(executor.fetching === 'ahead' ? pending : [], execution, fetchSignal);
    await scanPending(dbs, { ...run, rule: group[0]!.plan.rule, shards, fetch });
  } finally {
    fetching.abort();
  }
}
