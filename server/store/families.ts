// Families: fragments that lie inside or across one another. A view shows the first of each, which repeats
// most often in the corpus, and how many more there are.

import type { Database } from './study-file.ts';

export interface FamilyRow {
  /** Id of the family's first fragment. */
  readonly fragmentId: number;
  readonly nFragments: number;
}

/** In the order of their first fragments. */
export function listFamilies(db: Database, limit: number): readonly FamilyRow[] {
  return db
    .prepare(
      `SELECT min(fragment_id) AS fragment_id, count(*) AS n FROM fragments
       GROUP BY family ORDER BY 1 LIMIT ?`,
    )
    .all(limit)
    .map((row) => ({ fragmentId: Number(row.fragment_id), nFragments: Number(row.n) }));
}
