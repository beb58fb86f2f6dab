// How many fragments there are of each kind, and of which licences those are that are licences' texts.

import { foreign } from '../../guard/text/foreign.ts';
import type { DashboardOverview } from '../../protocol/dashboard.ts';
import type { Category } from '../../protocol/views.ts';
import type { Database } from './study-file.ts';

export function countTaxonomy(db: Database): NonNullable<DashboardOverview['taxonomy']> {
  const spdxIds = db.prepare(
    `SELECT spdx_id FROM fragment_facts WHERE category = ? AND spdx_id <> ''
     GROUP BY spdx_id ORDER BY count(*) DESC, spdx_id`,
  );
  const categories = db
    .prepare(
      `SELECT name AS category, n_fragments AS n FROM fragment_groups WHERE grouping = 'category'
       ORDER BY n DESC, category`,
    )
    .all()
    .map((row) => ({
      category: row.category as Category,
      nFragments: Number(row.n),
      spdxIds: spdxIds.all(String(row.category)).map((id) => foreign(String(id.spdx_id))),
    }));
  const sensitive = db.prepare("SELECT count(*) AS n FROM fragment_facts WHERE sensitive <> ''").get();
  return { categories, nSensitive: Number(sensitive?.n) };
}
