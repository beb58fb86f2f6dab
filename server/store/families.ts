// Families: fragments that lie inside or across one another. A report shows the longest of each, and how often the most
// frequent of the others repeats.

import { isDoneAfterAnalysis } from './stages-table.ts';
import type { Database } from './study-file.ts';

export interface FamilyRow {
  /** Id of the family's longest fragment. */
  readonly fragmentId: number;
  readonly nFragments: number;
  /** Id of the one that repeats most often in the corpus. */
  readonly coreId: number;
}

/** Program logic before what is written everywhere, the longest first. */
export function listFamilies(db: Database, limit: number): readonly FamilyRow[] {
  const sql = isDoneAfterAnalysis(db, 'describe') ? DESCRIBED : UNDESCRIBED;
  return db
    .prepare(sql)
    .all(limit)
    .map((row) => ({
      fragmentId: Number(row.fragment_id),
      nFragments: Number(row.n),
      coreId: Number(row.core_id),
    }));
}

const DESCRIBED = `
  SELECT fragment_id, n_fragments AS n,
    (SELECT min(fragment_id) FROM fragments WHERE family = f.family) AS core_id
  FROM families f ORDER BY place LIMIT ?`;

const UNDESCRIBED = `
  SELECT fragment_id, core_id, n FROM (
    SELECT min(fragment_id) AS core_id, count(*) AS n, (
      SELECT fragment_id FROM fragments WHERE family = g.family ORDER BY n_lines DESC, fragment_id LIMIT 1
    ) AS fragment_id FROM fragments g GROUP BY family
  )
  JOIN fragments USING (fragment_id) LEFT JOIN fragment_order USING (fragment_id)
  ORDER BY place, n_lines DESC, fragment_id LIMIT ?`;
