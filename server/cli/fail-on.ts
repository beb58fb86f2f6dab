// Turns what a study found into an exit code, for a build that must stop: measures in the study file what the
// conditions of `--fail-on` name, and says on stderr what it measured.

import { UserError } from '../errors.ts';
import { isLocked } from '../file-lock.ts';
import { type Database, openForReading } from '../store/study-file.ts';
import { summarise } from '../store/summary.ts';
import { type Condition, holds, type Measure, namesLicence } from './fail-on-condition.ts';
import { CONDITION_MET } from './fail-on-option.ts';
import { tell } from './tell.ts';

/** Sets the exit code when one of them holds. */
export function failOn(file: string, conditions: readonly Condition[] = []): void {
  if (conditions.length === 0) return;
  using db = openForReading(file);
  const { nFragments } = summarise(db, file, isLocked(file));
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
  /** What a share is a share of; null where there is nothing. */
  readonly whole: number | null;
}

function measure(db: Database, { measured }: Condition): Measured {
  if (measured.kind === 'measure') return queries[measured.measure](db);
  // All documents that hold a match, not only those among the kept places.
  const rows = db.prepare('SELECT license, count(*) AS n FROM documents GROUP BY license').all();
  const named = rows.filter(({ license }) => namesLicence(measured.pattern, String(license)));
  return { count: named.reduce((sum, { n }) => sum + Number(n), 0), whole: null };
}

const queries: Readonly<Record<Measure, (db: Database) => Measured>> = {
  'memorised-samples': (db) => ({
    count: one(db, 'SELECT count(DISTINCT sample_id) AS n FROM memorised_ranges'),
    whole: one(db, 'SELECT count(*) AS n FROM samples'),
  }),
  'memorised-lines': (db) => ({
    count: one(db, 'SELECT coalesce(sum(n_lines), 0) AS n FROM memorised_ranges'),
    whole: one(db, 'SELECT coalesce(sum(n_lines), 0) AS n FROM sample_metrics'),
  }),
  fragments: (db) => ({ count: one(db, 'SELECT count(*) AS n FROM fragments'), whole: null }),
  'longest-fragment': (db) => ({
    count: one(db, 'SELECT coalesce(max(n_lines), 0) AS n FROM fragments'),
    whole: null,
  }),
  problems: (db) => ({
    count: one(db, "SELECT coalesce(sum(n_problems + (state = 'failed')), 0) AS n FROM shards"),
    whole: null,
  }),
};

const one = (db: Database, sql: string) => Number(db.prepare(sql).get()?.n);
