// The pages of the studies view: fragments filtered, sorted and in groups. Queries, one a function, no state. What
// comes first is found by walking an index until the page is full: the order's own where most fragments pass, a
// list of those that may pass where few do.

import type { FragmentOrder, Page, PageRequest } from '../../protocol/fragments.ts';
import type { FragmentFilter, Grouping, ListedFragment } from '../../protocol/views.ts';
import {
  allOf,
  type Clause,
  type FilterPart,
  familyPart,
  filterParts,
  groupPart,
  passes,
} from './fragment-filter.ts';
import type { Database } from './study-file.ts';
import { fragmentRow } from './views.ts';

export interface ViewQuery extends PageRequest {
  readonly grouping: Grouping;
  readonly group: string | null;
  readonly family?: number;
  readonly order: FragmentOrder;
  readonly filter: FragmentFilter;
  /** Fingerprints that the baseline accepts. */
  readonly accepted: ReadonlySet<string>;
}

/** Where a filter leaves more, they are not counted to the end. */
export const COUNT_LIMIT = 10_000;
/** As many are sorted in a moment; of more, some stand early in any order. */
const FEW = 30_000;

const orders: Readonly<Record<FragmentOrder, string>> = {
  train: 'fragment_id',
  extract: 'extract DESC, fragment_id',
  length: 'n_lines DESC, fragment_id',
};

export function viewFragments(db: Database, query: ViewQuery): Page<ListedFragment> {
  const filter = filterParts(db, query.filter, query.accepted);
  if (query.family !== undefined) return listFamily(db, query, [...filter, familyPart(query.family)]);
  if (query.grouping === 'family') {
    return filter.length > 0 ? listFilteredFamilies(db, query, filter) : listFamilies(db, query);
  }
  const group = query.group === null ? [] : [groupPart(db, query.grouping, query.group)];
  return page(db, query, [...filter, ...group], []);
}

/** The first fragment of each family stands for it. */
function listFamilies(db: Database, { order, offset, limit, accepted }: ViewQuery): Page<ListedFragment> {
  const rows = db
    .prepare(
      `SELECT fragment_id, n_fragments AS n_family FROM families ORDER BY ${orders[order]} LIMIT ? OFFSET ?`,
    )
    .all(limit, offset);
  const nFamily = new Map(rows.map((row) => [Number(row.fragment_id), Number(row.n_family)]));
  const total = Number(db.prepare('SELECT count(*) AS n FROM families').get()?.n);
  return { items: listed(db, [...nFamily.keys()], accepted, (id) => nFamily.get(id)!), offset, total };
}

/** Of each family that has a match, the first match stands for it. */
function listFilteredFamilies(
  db: Database,
  query: ViewQuery,
  parts: readonly FilterPart[],
): Page<ListedFragment> {
  const earlier = passes(parts, 'e');
  const isFirst: Clause = {
    sql: `NOT EXISTS (SELECT 1 FROM fragments e
      WHERE e.family = f.family AND e.fragment_id < f.fragment_id AND ${earlier.sql})`,
    values: earlier.values,
  };
  const members = passes(parts, 'f');
  const count = db.prepare(
    `SELECT count(*) AS n FROM fragments f
     WHERE f.family = (SELECT family FROM fragments WHERE fragment_id = ?) AND ${members.sql}`,
  );
  return page(db, query, parts, [isFirst], (id) => Number(count.get(id, ...members.values)?.n));
}

/** A family but for the fragment that stands for it. */
function listFamily(db: Database, query: ViewQuery, parts: readonly FilterPart[]): Page<ListedFragment> {
  const { sql, values } = passes(parts, 'f');
  const first = db
    .prepare(`SELECT min(f.fragment_id) AS id FROM fragments f WHERE ${sql}`)
    .get(...values)?.id;
  return page(db, query, parts, [{ sql: 'f.fragment_id <> ?', values: [Number(first ?? -1)] }]);
}

function page(
  db: Database,
  { order, offset, limit, accepted }: ViewQuery,
  parts: readonly FilterPart[],
  conditions: readonly Clause[],
  nFamilyOf = (_id: number) => 1,
): Page<ListedFragment> {
  const way = waysTo(db, parts, order, allOf([passes(parts, 'f'), ...conditions]));
  const ids = db
    .prepare(`${way.sql} LIMIT ? OFFSET ?`)
    .all(...way.values, limit, offset)
    .map((row) => Number(row.fragment_id));
  const items = listed(db, ids, accepted, nFamilyOf);
  return { items, offset, ...countUpTo(db, way, parts, conditions, Math.max(COUNT_LIMIT, offset + limit)) };
}

/** The ids of those that pass, in order, by the way that is the shortest to the first of them. */
function waysTo(db: Database, parts: readonly FilterPart[], order: FragmentOrder, condition: Clause): Clause {
  const { list, size, isIndex } = shortestList(db, parts);
  const isInOrder = order === 'train' && isIndex;
  if (list === undefined || (size > FEW && !isInOrder)) {
    const sql = `SELECT f.fragment_id FROM fragments f WHERE ${condition.sql} ORDER BY ${orders[order]}`;
    return { sql, values: condition.values };
  }
  const sorted = order === 'train' ? 'l.fragment_id' : orders[order].replaceAll(/\b(?=[a-z])/g, 'f.');
  return {
    sql: `SELECT l.fragment_id FROM (${list.sql}) l CROSS JOIN fragments f ON f.fragment_id = l.fragment_id
      WHERE ${condition.sql} ORDER BY ${sorted}`,
    values: [...list.values, ...condition.values],
  };
}

/** Sizes beyond `FEW` are alike. */
export function shortestList(
  db: Database,
  parts: readonly FilterPart[],
): { readonly list?: Clause; readonly size: number; readonly isIndex?: true } {
  const sized = parts.flatMap(({ list, isIndex }) =>
    list === undefined
      ? []
      : [
          {
            list,
            ...(isIndex ? { isIndex } : {}),
            size: countOf(db, `SELECT 1 FROM (${list.sql}) LIMIT ${FEW + 1}`, list.values),
          },
        ],
  );
  const [shortest] = sized.sort((a, b) => a.size - b.size);
  return shortest ?? { size: Number.POSITIVE_INFINITY };
}

function countUpTo(
  db: Database,
  way: Clause,
  parts: readonly FilterPart[],
  conditions: readonly Clause[],
  most: number,
): Pick<Page<never>, 'total' | 'isAtLeast'> {
  const [only] = parts;
  if (only === undefined && conditions.length === 0) {
    return { total: countOf(db, 'SELECT 1 FROM fragments', []) };
  }
  if (parts.length === 1 && conditions.length === 0 && only?.isIndex && only.list) {
    return { total: countOf(db, only.list.sql, only.list.values) };
  }
  const unordered = way.sql.replace(/ ORDER BY .*?$/s, '');
  const counted = countOf(db, `${unordered} LIMIT ${most + 1}`, way.values);
  return counted > most ? { total: most, isAtLeast: true } : { total: counted };
}

const countOf = (db: Database, sql: string, values: Clause['values']): number =>
  Number(db.prepare(`SELECT count(*) AS n FROM (${sql})`).get(...values)?.n);

function listed(
  db: Database,
  ids: readonly number[],
  accepted: ReadonlySet<string>,
  nFamilyOf: (id: number) => number,
): readonly ListedFragment[] {
  const fragments = db.prepare(
    `SELECT fragments.*, category, spdx_id, sensitive FROM fragments
     LEFT JOIN fragment_facts USING (fragment_id) WHERE fragment_id = ?`,
  );
  const labels = db.prepare('SELECT label FROM labels WHERE fingerprint = ? ORDER BY annotator');
  return ids.map((id) => {
    const row = fragments.get(id)!;
    const fragment = fragmentRow(row);
    const given = new Set(labels.all(fragment.fingerprint).map(({ label }) => String(label)));
    return {
      ...fragment,
      category: (row.category ?? null) as ListedFragment['category'],
      spdxId: String(row.spdx_id ?? ''),
      sensitive: String(row.sensitive ?? '')
        .split(',')
        .filter((kind) => kind !== ''),
      label: [...given].join(' / '),
      isAccepted: accepted.has(fragment.fingerprint),
      nFamily: nFamilyOf(id),
    };
  });
}
