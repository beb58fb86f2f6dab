// Runs a study from wherever it stands to its end: prepare → sample → scan → analyse, or prepare → map. Each stage looks into
// the study file for what is still to do, so running again after any kind of death simply goes on.

import { existsSync } from 'node:fs';
import type { Execution, StudyPlan, StudyState, StudySummary } from '../../protocol/study.ts';
import { Cancelled, HandedOver, UserError, VerbatimError } from '../errors.ts';
import { lockOrRefuse } from '../file-lock.ts';
import { checkSamePlan } from '../plan/plan.ts';
import { checkPlan } from '../plan/stored-plan.ts';
import type { Report } from '../progress.ts';
import { forgetStage, isDone } from '../store/stages-table.ts';
import { type Database, openForWriting, removeStudyFiles, transact } from '../store/study-file.ts';
import {
  addElapsed,
  holdsNothing,
  insertStudy,
  readStudy,
  replacePlan,
  restartStudy,
  setState,
} from '../store/study-table.ts';
import { summarise } from '../store/summary.ts';
import { analyse } from './analyse-stage.ts';
import { checkPlaces } from './check-places.ts';
import { chooseExecutor } from './executors/choose-executor.ts';
import type { Executor } from './executors/executor.ts';
import { refuseBesideJobs } from './executors/jobs-elsewhere.ts';
import { fetchShards } from './fetch-shards.ts';
import { registerShards } from './register-shards.ts';
import { pendingShards, scanPending } from './scan-stage.ts';
import type { StageContext } from './stage-context.ts';

export interface RunRequest {
  readonly file: string;
  /** Null goes on with the plan in the file. */
  readonly plan: StudyPlan | null;
  readonly execution: Execution;
  /** `sample` stops after the samples are made; `scanned` tells what is known of the shards that were scanned by now. */
  readonly upTo: 'sample' | 'scanned' | 'analyse';
  readonly signal: AbortSignal;
  readonly report: Report;
  /** Left out: what `execution` says. */
  readonly executor?: Executor;
  /** Hears of each shard of an extraction map, once it is in the study file. */
  readonly onShardMapped?: (shardId: number) => void;
}

/** Rejects with `Cancelled` or another error when it did not come to its end; the file keeps what was done. */
export async function runStudy(request: RunRequest): Promise<StudySummary> {
  const { file } = request;
  const asked = request.plan && checkPlan(request.plan);
  if (asked && !existsSync(file)) checkPlaces(asked);
  using _ = lockOrRefuse(file, 'Wait for it or stop it, or choose another study file.');
  const isNew = !existsSync(file);
  if (isNew && !asked) throw nothingToGoOnWith(file);
  /** Whether it was refused before it did anything: then no file is left behind. */
  let isRefused = false;
  const db = openForWriting(file);
  try {
    if (request.execution.cluster === undefined) await refuseBesideJobs(file);
    const plan = establishPlan(db, file, asked);
    const { execution, executor = chooseExecutor(execution, file), signal, report, onShardMapped } = request;
    const hearing = onShardMapped === undefined ? {} : { onShardMapped };
    const context = { db, plan, execution, executor, signal, report, ...hearing };
    await recordingOutcome(db, () => runStages(context, request.upTo));
    return summarise(db, file, false);
  } catch (error) {
    const isNothing = error instanceof UserError || (error instanceof HandedOver && error.isForShow);
    isRefused = isNew && isNothing && holdsNothing(db);
    throw error;
  } finally {
    db.close();
    if (isRefused) removeStudyFiles(file);
  }
}

function establishPlan(db: Database, file: string, asked: StudyPlan | null): StudyPlan {
  const stored = readStudy(db);
  if (stored) {
    if (asked && holdsNothing(db)) {
      restartStudy(db, asked);
      return asked;
    }
    if (asked && stored.plan.corpus.length === 0) return nameTrainingData(db, file, stored.plan, asked);
    if (asked && calibratesMore(stored.plan, asked)) return calibrateMore(db, file, stored.plan, asked);
    if (asked) checkSamePlan(file, stored.plan, asked);
    return stored.plan;
  }
  if (!asked) throw nothingToGoOnWith(file);
  insertStudy(db, asked);
  return asked;
}

const nothingToGoOnWith = (file: string): UserError =>
  new UserError(`${file} holds no study to go on with`, { action: 'Start one with a plan.' });

/** A model can be sampled before its training data is named. */
function nameTrainingData(db: Database, file: string, stored: StudyPlan, asked: StudyPlan): StudyPlan {
  const { corpus, control, columns, ignore, contents, rule } = asked;
  const named = {
    ...(control && { control }),
    ...(columns && { columns }),
    ...(ignore === undefined ? {} : { ignore }),
    ...(contents === undefined ? {} : { contents }),
  };
  const plan = { ...stored, corpus, rule, ...named };
  checkSamePlan(file, plan, asked);
  replacePlan(db, plan);
  return plan;
}

const calibratesMore = ({ map: stored }: StudyPlan, { map: asked }: StudyPlan): boolean =>
  stored !== undefined && asked !== undefined && asked.calibrate > stored.calibrate;

/** How many windows are drawn changes nothing of a map, so more of them can be asked for once it is made. */
function calibrateMore(db: Database, file: string, stored: StudyPlan, asked: StudyPlan): StudyPlan {
  const plan = { ...stored, map: { ...stored.map!, calibrate: asked.map!.calibrate } };
  checkSamePlan(file, plan, asked);
  transact(db, () => {
    replacePlan(db, plan);
    forgetStage(db, 'calibration');
  });
  return plan;
}

async function runStages(context: StageContext, upTo: RunRequest['upTo']): Promise<StudyState> {
  const { source } = context.plan;
  if (source.kind === 'map') return (await import('./maps/map-stage.ts')).mapCorpus(context, source);
  if (upTo === 'sample') {
    await makeSamples(context);
    return 'partial';
  }
  if (upTo === 'scanned') {
    const state = await analyse(context);
    return state === 'complete' ? state : 'cancelled'; // It can still be gone on with.
  }
  // Fetching goes on while samples are made, and ends with the run, however that ends.
  const fetching = new AbortController();
  const signal = AbortSignal.any([context.signal, fetching.signal]);
  try {
    // The corpus is listed, and the model opened, before the first minute is spent.
    const shards = await registerShards(context);
    const { db, plan, execution } = context;
    // A control is looked for in every shard, whatever was scanned before.
    const awaited =
      plan.control === undefined || isDone(db, 'control') ? pendingShards([db], shards) : shards;
    const ahead = context.executor.fetching === 'ahead' ? awaited : [];
    const fetcher = await fetchShards(ahead, execution, signal);
    await makeSamples(context);
    using control =
      plan.control === undefined
        ? null
        : await (await import('./control-stage.ts')).openControl(context, shards);
    const dbs = control === null ? [db] : [db, control.db];
    const numbered = await scanPending(dbs, {
      ...context,
      rule: plan.rule,
      shards,
      fetch: async () => fetcher,
    });
    const state = await analyse(context, numbered);
    await control?.finish();
    return state;
  } finally {
    fetching.abort();
  }
}

/** A stage is loaded when it is due: few studies have all of them. */
async function makeSamples(context: StageContext): Promise<void> {
  const { source } = context.plan;
  switch (source.kind) {
    case 'model':
      return (await import('./sample-stage.ts')).sample(context, source);
    case 'served':
      return (await import('./served-stage.ts')).sampleFromServer(context, source);
    case 'samples':
      return (await import('./import-stage.ts')).importSamples(context, source);
    case 'map':
      throw new Error('An extraction map makes no samples');
  }
}

/** Writes into the file how the run ended, whatever happens. */
async function recordingOutcome(db: Database, run: () => Promise<StudyState>): Promise<void> {
  const startedAt = performance.now();
  const finish = (state: StudyState, failure: string | null) => {
    addElapsed(db, performance.now() - startedAt);
    setState(db, state, failure);
  };
  setState(db, 'running', null);
  try {
    finish(await run(), null);
  } catch (error) {
    const state = error instanceof Cancelled ? 'cancelled' : 'failed';
    try {
      finish(state, state === 'failed' ? describe(error) : null);
    } catch {
      // A full disk refuses this too; the first error is the one to tell.
    }
    throw error;
  }
}

const describe = (error: unknown) =>
  error instanceof VerbatimError || !(error instanceof Error)
    ? String((error as Error).message)
    : String(error.stack);
