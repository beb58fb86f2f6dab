// The pages of the studies view: fragments filtered, sorted and in groups. Queries, one a function, no state.

import { type Foreign, rawText } from '../../guard/text/foreign.ts';
import type { FragmentOrder, Page, PageRequest } from '../../protocol/fragments.ts';
import type { FragmentFilter, Grouping, ListedFragment } from '../../protocol/views.ts';
import { countFamilies } from './counts.ts';
import { findFragments, orders } from './find-fragments.ts';
import {
  type Clause,
  type FilterPart,
  familyPart,
  filterParts,
  groupPart,
  passes,
} from './fragment-filter.ts';
import { listFragments } from './listed-fragments.ts';
import type { Database } from './study-file.ts';

export interface ViewQuery extends PageRequest {
  readonly grouping: Grouping;
  readonly group: Foreign | null;
  readonly family?: number;
  readonly order: FragmentOrder;
  readonly filter: FragmentFilter;
  /** Fingerprints that the baseline accepts. */
  readonly accepted: ReadonlySet<string>;
}

export function viewFragments(db: Database, query: ViewQuery): Page<ListedFragment> {
  const filter = filterParts(db, query.filter, query.accepted);
  if (query.family !== undefined) return listFamily(db, query, [...filter, familyPart(query.family)]);
  if (query.grouping === 'family') {
    return filter.length > 0 ? listFilteredFamilies(db, query, filter) : listFamilies(db, query);
  }
  const group = query.group === null ? [] : [groupPart(db, query.grouping, rawText(query.group))];
  return page(db, query, [...filter, ...group], []);
}

/** Fingerprints of all fragments that a view shows, in no order, those inside of families among them. */
export function listFingerprints(
  db: Database,
  { filter, accepted, grouping, group }: Pick<ViewQuery, 'filter' | 'accepted' | 'grouping' | 'group'>,
): readonly string[] {
  const parts = [
    ...filterParts(db, filter, accepted),
    ...(group === null ? [] : [groupPart(db, grouping, rawText(group))]),
  ];
  const { sql, values } = passes(parts, 'f');
  const rows = db.prepare(`SELECT f.fingerprint AS fingerprint FROM fragments f WHERE ${sql}`).all(...values);
  return rows.map(({ fingerprint }) => String(fingerprint));
}

/** Families, each with its longest fragment to lead it. */
function listFamilies(db: Database, { order, offset, limit, accepted }: ViewQuery): Page<ListedFragment> {
  const rows = db
    .prepare(
      `SELECT fragment_id, n_fragments AS n_family FROM families ORDER BY ${orders[order]} LIMIT ? OFFSET ?`,
    )
    .all(limit, offset);
  const nFamily = new Map(rows.map((row) => [Number(row.fragment_id), Number(row.n_family)]));
  return {
    items: listFragments(db, [...nFamily.keys()], accepted, (id) => nFamily.get(id)!),
    offset,
    total: countFamilies(db),
  };
}

/** Each family that has a match, with its longest match to lead it. */
function listFilteredFamilies(
  db: Database,
  query: ViewQuery,
  parts: readonly FilterPart[],
): Page<ListedFragment> {
  const others = passes(parts, 'e');
  const leads: Clause = {
    sql: `NOT EXISTS (SELECT 1 FROM fragments e WHERE e.family = f.family
      AND (e.n_lines > f.n_lines OR (e.n_lines = f.n_lines AND e.fragment_id < f.fragment_id)) AND ${others.sql})`,
    values: others.values,
  };
  const members = passes(parts, 'f');
  const count = db.prepare(
    `SELECT count(*) AS n FROM fragments f
     WHERE f.family = (SELECT family FROM fragments WHERE fragment_id = ?) AND ${members.sql}`,
  );
  return page(db, query, parts, [leads], (id) => Number(count.get(id, ...members.values)?.n));
}

/** The members of a family, but for the fragment that leads it. */
function listFamily(db: Database, query: ViewQuery, parts: readonly FilterPart[]): Page<ListedFragment> {
  const { sql, values } = passes(parts, 'f');
  const lead = db
    .prepare(
      `SELECT f.fragment_id AS id FROM fragments f WHERE ${sql} ORDER BY f.n_lines DESC, f.fragment_id LIMIT 1`,
    )
    .get(...values)?.id;
  return page(db, query, parts, [{ sql: 'f.fragment_id <> ?', values: [Number(lead ?? -1)] }]);
}

function page(
  db: Database,
  query: ViewQuery,
  parts: readonly FilterPart[],
  conditions: readonly Clause[],
  nFamilyOf = (_id: number) => 1,
): Page<ListedFragment> {
  const { items, ...rest } = findFragments(db, query, parts, conditions);
  return { items: listFragments(db, items, query.accepted, nFamilyOf), ...rest };
}
