// Numbers that stand for a whole study, one a function.

import { countOnce } from './count-once.ts';
import type { Database } from './study-file.ts';

export const countSamples = (db: Database): number => one(db, 'SELECT count(*) FROM samples');

export const countMemorisedSamples = (db: Database): number =>
  one(db, 'SELECT count(DISTINCT sample_id) FROM memorised_ranges');

/** Significant lines of all samples. */
export const countLines = (db: Database): number =>
  one(db, 'SELECT coalesce(sum(n_lines), 0) FROM sample_metrics');

export const countMemorisedLines = (db: Database): number =>
  one(db, 'SELECT coalesce(sum(n_lines), 0) FROM memorised_ranges');

/** Ids are ranks from 0 on, all of them taken: the last one tells, and counting a million takes some milliseconds. */
export const countFragments = (db: Database): number =>
  one(db, 'SELECT coalesce(max(fragment_id) + 1, 0) FROM fragments');

export const countFamilies = (db: Database): number =>
  countOnce(db, 'families', () => one(db, 'SELECT count(*) FROM families'));

/** Significant lines of the longest fragment; 0 where there is none. */
export const longestFragment = (db: Database): number =>
  one(db, 'SELECT coalesce(max(n_lines), 0) FROM fragments');

/** Problems of the data, and shards that could not be read to their end. */
export const countProblems = (db: Database): number =>
  one(db, "SELECT coalesce(sum(n_problems + (state = 'failed')), 0) FROM shards");

/** Documents that hold a match, by licence: all of them, not only those among the places that are kept. */
export const countDocumentsByLicense = (
  db: Database,
): readonly { readonly license: string; readonly nDocuments: number }[] =>
  db
    .prepare('SELECT license, count(*) AS n FROM documents GROUP BY license')
    .all()
    .map((row) => ({ license: String(row.license), nDocuments: Number(row.n) }));

const one = (db: Database, sql: string): number => Number(Object.values(db.prepare(sql).get() ?? {})[0]);
