// All fragments' numbers at once, in order of fragment_id, for statistics. Texts stay in the file.

import type { CountsMark } from '../../protocol/dashboard.ts';
import type { Kept } from '../../protocol/measured.ts';
import { readRows } from './row-pages.ts';
import type { Database } from './study-file.ts';

export interface FragmentCounts {
  readonly n: number;
  readonly nLines: Uint32Array;
  readonly train: Float64Array;
  readonly extract: Float64Array;
  /** Distinct samples that hold the fragment. */
  readonly nSamples: Uint32Array;
  readonly family: Uint32Array;
}

export function readFragmentCounts(db: Database): FragmentCounts {
  const n = Number(db.prepare('SELECT count(*) AS n FROM fragments').get()?.n);
  const counts: FragmentCounts = {
    n,
    nLines: new Uint32Array(n),
    train: new Float64Array(n),
    extract: new Float64Array(n),
    nSamples: new Uint32Array(n),
    family: new Uint32Array(n),
  };
  const select = 'SELECT fragment_id, n_lines, train, extract, n_samples, family FROM fragments';
  let i = 0;
  for (const [, nLines, train, extract, nSamples, family] of readRows(db, select)) {
    counts.nLines[i] = Number(nLines);
    counts.train[i] = Number(train);
    counts.extract[i] = Number(extract);
    counts.nSamples[i] = Number(nSamples);
    counts.family[i] = Number(family);
    i++;
  }
  return counts;
}

/** Fragments with equal counts as one, those of the most fragments first. */
export function listEqualCounts(db: Database, limit: number): Kept<CountsMark> {
  const rows = db
    .prepare(
      `SELECT train, extract, count(*) AS n, min(fragment_id) AS first FROM fragments
       GROUP BY train, extract ORDER BY n DESC, first`,
    )
    .all();
  const fingerprint = db.prepare('SELECT fingerprint FROM fragments WHERE fragment_id = ?');
  const items = rows.slice(0, limit).map((row) => ({
    train: Number(row.train),
    extract: Number(row.extract),
    nFragments: Number(row.n),
    fingerprint: String(fingerprint.get(row.first!)?.fingerprint),
  }));
  return { items, total: rows.length };
}
