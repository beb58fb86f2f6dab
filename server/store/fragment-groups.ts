// The groups of the studies view with how many fragments each holds: from a table where nothing is filtered, and
// counted anew otherwise.

import { foreign } from '../../guard/text/foreign.ts';
import type { Page, PageRequest } from '../../protocol/fragments.ts';
import type { FragmentFilter, FragmentGroup, Grouping } from '../../protocol/views.ts';
import { shortestList } from './find-fragments.ts';
import { type Clause, type FilterPart, filterParts, passes } from './fragment-filter.ts';
import { openLoopSamples } from './loop-fragments.ts';
import type { Database } from './study-file.ts';

export function listGroups(
  db: Database,
  grouping: Grouping,
  filter: FragmentFilter,
  accepted: ReadonlySet<string>,
  { offset, limit }: PageRequest,
): Page<FragmentGroup> {
  const parts = filterParts(db, filter, accepted);
  const { sql, values } = parts.length === 0 ? known(grouping) : countedAnew(db, grouping, parts);
  const rows = db.prepare(`${sql} ORDER BY n DESC, name LIMIT ? OFFSET ?`).all(...values, limit, offset);
  const isLoop = openLoopSamples(db);
  const items = rows.map((row) => ({
    name: foreign(String(row.name)),
    nFragments: Number(row.n),
    ...(grouping === 'sample' && isLoop(Number(row.name)) ? { isLoop: true as const } : {}),
  }));
  return { items, offset, total: Number(rows[0]?.total ?? 0) };
}

/** Each group's name, its size `n`, and how many groups there are in `total`: by an index, in order. */
const known = (grouping: Grouping): Clause => ({
  sql: `SELECT name, n_fragments AS n, (SELECT count(*) FROM fragment_groups WHERE grouping = ?1) AS total
    FROM fragment_groups WHERE grouping = ?1`,
  values: [grouping],
});

/** What is left of each group by a filter, told as `known` tells it. */
function countedAnew(db: Database, grouping: Grouping, parts: readonly FilterPart[]): Clause {
  const { list } = shortestList(db, parts);
  const { sql, values } = passes(parts, 'f');
  const from = list
    ? `(${list.sql}) l CROSS JOIN fragments f ON f.fragment_id = l.fragment_id`
    : 'fragments f';
  const matches = `WITH matches AS MATERIALIZED (SELECT f.fragment_id FROM ${from} WHERE ${sql})`;
  return {
    sql: `SELECT *, count(*) OVER () AS total FROM (${matches} ${counted(grouping)})`,
    values: [...(list?.values ?? []), ...values],
  };
}

export function* readGroupNames(db: Database, grouping: Grouping): Generator<string> {
  const rows = db.prepare('SELECT name FROM fragment_groups WHERE grouping = ? ORDER BY name');
  for (const { name } of rows.iterate(grouping)) yield String(name);
}

/** SQL that counts the matches of each group, by its name. */
function counted(grouping: Grouping): string {
  switch (grouping) {
    case 'category':
      return `SELECT category AS name, count(*) AS n FROM matches
        CROSS JOIN fragment_facts USING (fragment_id) GROUP BY category`;
    case 'sample':
      return `SELECT sample_id AS name, count(DISTINCT fragment_id) AS n FROM matches
        CROSS JOIN sample_occurrences USING (fragment_id) GROUP BY sample_id`;
    case 'licence':
    case 'repository':
      // The plus sign keeps SQLite from seeking every match in every group.
      return `SELECT name, count(*) AS n FROM fragment_groups g CROSS JOIN group_members m USING (group_id)
        WHERE g.grouping = '${grouping}' AND +m.fragment_id IN (SELECT fragment_id FROM matches)
        GROUP BY g.group_id`;
    case 'family':
    case 'flat':
      return 'SELECT NULL AS name, 0 AS n WHERE FALSE';
  }
}
