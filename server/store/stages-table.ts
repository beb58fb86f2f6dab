// Table `stages`: which tables that are made from other tables are up to date, and what they were made from. A stage's
// row is written in the transaction that writes what it made, and goes before that is written anew.

import { createHash } from 'node:crypto';
import type { Database } from './study-file.ts';

/**
 * `import`: samples were copied from elsewhere. `analyse`: fragments and their places. `describe`: what each fragment
 * is and holds. `words`: the words of the fragments. `measure`: the metrics of the samples. `copies`: how often the
 * texts of a map's windows occur. `calibration`: which windows are drawn again and again. `control`: what the corpus shares with code that the model cannot have seen.
 */
export type DerivedStage =
  | 'import'
  | 'analyse'
  | 'describe'
  | 'words'
  | 'measure'
  | 'copies'
  | 'calibration'
  | 'control';

export function isDone(db: Database, stage: DerivedStage): boolean {
  return db.prepare('SELECT 1 FROM stages WHERE stage = ?').get(stage) !== undefined;
}

/** Whether the stage is done and was done from these inputs; those of earlier versions are not known. */
export function isDoneFrom(db: Database, stage: DerivedStage, inputsDigest: string): boolean {
  const known = readInputsDigest(db, stage);
  return known === inputsDigest || known === UNKNOWN;
}

/** Undefined where the stage is not done. */
function readInputsDigest(db: Database, stage: DerivedStage): string | undefined {
  return db.prepare('SELECT inputs_digest FROM stages WHERE stage = ?').get(stage)?.inputs_digest as
    | string
    | undefined;
}

/** Call inside the transaction that writes what the stage made. */
export function setDone(db: Database, stage: DerivedStage, inputsDigest: string): void {
  const doneAt = new Date().toISOString();
  db.prepare('INSERT OR REPLACE INTO stages VALUES (?, ?, ?)').run(stage, inputsDigest, doneAt);
}

/** Stages that are made from the fragments: their inputs are those of the analysis. */
type StageAfterAnalysis = 'describe' | 'words' | 'measure';

export function setDoneAfterAnalysis(db: Database, stage: StageAfterAnalysis): void {
  setDone(db, stage, afterAnalysis(db, stage));
}

export function isDoneAfterAnalysis(db: Database, stage: StageAfterAnalysis): boolean {
  return isDoneFrom(db, stage, afterAnalysis(db, stage));
}

const afterAnalysis = (db: Database, stage: StageAfterAnalysis): string =>
  digestInputs(stage, readInputsDigest(db, 'analyse') ?? UNKNOWN);

export function forgetStage(db: Database, stage: DerivedStage): void {
  db.prepare('DELETE FROM stages WHERE stage = ?').run(stage);
}

/** SHA-256 of plain data, in hex. */
export const digestInputs = (...inputs: readonly unknown[]): string =>
  createHash('sha256').update(JSON.stringify(inputs)).digest('hex');

const UNKNOWN = '';
