// Turns what a study found into an exit code, for a build that must stop: measures in the study file what the
// conditions of `--fail-on` name, and says on stderr what it measured.

import { UserError } from '../errors.ts';
import { summaryOf } from '../queries/study-summary.ts';
import {
  countDocumentsByLicense,
  countFragments,
  countLines,
  countMemorisedLines,
  countMemorisedSamples,
  countProblems,
  countSamples,
  longestFragment,
} from '../store/counts.ts';
import { type Database, openForReading } from '../store/study-file.ts';
import { type Condition, holds, type Measure, namesLicense } from './fail-on-condition.ts';
import { CONDITION_MET } from './fail-on-option.ts';
import { tell } from './tell.ts';

/** Sets the exit code when one of them holds. */
export function failOn(file: string, conditions: readonly Condition[] = []): void {
  if (conditions.length === 0) return;
  using db = openForReading(file);
  const { nFragments } = summaryOf(db, file);
  if (nFragments === null) throw nothingToJudge(file, '--fail-on');
  for (const condition of conditions) {
    const { count, whole } = measure(db, condition);
    const share = whole === null || whole === 0 ? 0 : (100 * count) / whole;
    const isMet = holds(condition, condition.unit === 'per cent' ? share : count);
    if (isMet) process.exitCode = CONDITION_MET;
    const of = whole === null ? '' : ` of ${whole} (${share.toFixed(2)} %)`;
    tell(`--fail-on ${condition.text}: ${isMet ? 'met' : 'not met'}, ${count}${of}`);
  }
}

export const nothingToJudge = (file: string, option: string): UserError =>
  new UserError(`${file} has not been analysed, so ${option} has nothing to judge`, {
    action: 'Let the study come to its end first.',
  });

interface Measured {
  readonly count: number;
  /** The whole that the count is a share of; null where there is none. */
  readonly whole: number | null;
}

function measure(db: Database, { measured }: Condition): Measured {
  if (measured.kind === 'measure') return measures[measured.measure](db);
  const named = countDocumentsByLicense(db).filter(({ license }) => namesLicense(measured.pattern, license));
  return { count: named.reduce((sum, { nDocuments }) => sum + nDocuments, 0), whole: null };
}

const measures: Readonly<Record<Measure, (db: Database) => Measured>> = {
  'memorised-samples': (db) => ({ count: countMemorisedSamples(db), whole: countSamples(db) }),
  'memorised-lines': (db) => ({ count: countMemorisedLines(db), whole: countLines(db) }),
  fragments: (db) => ({ count: countFragments(db), whole: null }),
  'longest-fragment': (db) => ({ count: longestFragment(db), whole: null }),
  problems: (db) => ({ count: countProblems(db), whole: null }),
};
