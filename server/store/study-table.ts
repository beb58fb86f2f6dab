// The one row of table `study`: the plan, the environment and the state.

import type { StudyPlan, StudyState } from '../../protocol/study.ts';
import { UserError } from '../errors.ts';
import { parseStoredPlan } from '../plan/stored-plan.ts';
import { damaged } from '../sqlite-failure.ts';
import { isDone } from './stages-table.ts';
import { readEnvironment } from './stored-json.ts';
import type { Database } from './study-file.ts';

export interface StudyRecord {
  readonly plan: StudyPlan;
  readonly environment: Readonly<Record<string, unknown>>;
  readonly state: StudyState;
  readonly failure: string | null;
  readonly createdAt: string;
  readonly elapsedMs: number;
  /** Whether the fragments are those of the samples and the scan. */
  readonly analysed: boolean;
}

/** Undefined in a file that has just been created. */
export function readStudy(db: Database): StudyRecord | undefined {
  const row = db.prepare('SELECT * FROM study').get();
  if (!row) return undefined;
  const environment = readEnvironment(String(row.environment));
  if (!environment) throw damaged(db.path, 'what it says of how it was run is not understood');
  return {
    plan: readPlan(db, String(row.plan)),
    environment,
    state: row.state as StudyState,
    failure: row.failure as string | null,
    createdAt: String(row.created_at),
    elapsedMs: Number(row.elapsed_ms),
    analysed: isDone(db, 'analyse'),
  };
}

function readPlan(db: Database, text: string): StudyPlan {
  try {
    return parseStoredPlan(text);
  } catch (cause) {
    throw cause instanceof UserError ? damaged(db.path, cause) : cause;
  }
}

export function insertStudy(db: Database, plan: StudyPlan): void {
  db.prepare("INSERT INTO study VALUES (1, ?, '{}', 'running', NULL, ?, 0)").run(
    JSON.stringify(plan),
    new Date().toISOString(),
  );
}

/** Whether no sample and no scan is in it yet. */
export const holdsNothing = (db: Database): boolean =>
  db.prepare("SELECT 1 FROM samples UNION ALL SELECT 1 FROM shards WHERE state <> 'pending'").get() ===
  undefined;

/** Settles what may still be open when a study goes on, such as its corpus. */
export function replacePlan(db: Database, plan: StudyPlan): void {
  db.prepare('UPDATE study SET plan = ?').run(JSON.stringify(plan));
}

/** Makes a study that failed before it held anything into what is asked for now. */
export function restartStudy(db: Database, plan: StudyPlan): void {
  db.exec(
    "DELETE FROM shards; DELETE FROM file_counts; DELETE FROM unsearched_files; UPDATE study SET environment = '{}'",
  );
  replacePlan(db, plan);
}

export function setState(db: Database, state: StudyState, failure: string | null): void {
  db.prepare('UPDATE study SET state = ?, failure = ?').run(state, failure);
}

export function addElapsed(db: Database, elapsedMs: number): void {
  db.prepare('UPDATE study SET elapsed_ms = elapsed_ms + ?').run(elapsedMs);
}

/** Adds to what is known about how the study was run; later values win. */
export function mergeEnvironment(db: Database, facts: Readonly<Record<string, unknown>>): void {
  db.prepare('UPDATE study SET environment = json_patch(environment, ?)').run(JSON.stringify(facts));
}
