// The pages of the studies view: fragments filtered, sorted and in groups. Queries, one a function, no state.
// Whatever opens a view (no filter, the order by `train`) walks an index and never looks at all fragments.

import type { FragmentOrder, Page, PageRequest } from '../../protocol/fragments.ts';
import type { FragmentFilter, FragmentGroup, Grouping, ListedFragment } from '../../protocol/views.ts';
import type { Database } from './study-file.ts';
import { fragmentRow } from './views.ts';

type SqlValue = string | number;

/** Part of a WHERE, with what its question marks stand for. */
interface Clause {
  readonly sql: string;
  readonly values: readonly SqlValue[];
}

export interface ViewQuery extends PageRequest {
  readonly grouping: Grouping;
  readonly group: string | null;
  readonly family?: number;
  readonly order: FragmentOrder;
  readonly filter: FragmentFilter;
  /** Fingerprints that the baseline accepts. */
  readonly accepted: ReadonlySet<string>;
}

const orders: Readonly<Record<FragmentOrder, string>> = {
  train: 'f.fragment_id',
  extract: 'f.extract DESC, f.fragment_id',
  length: 'f.n_lines DESC, f.fragment_id',
};

export function listGroups(
  db: Database,
  grouping: Grouping,
  filter: FragmentFilter,
  accepted: ReadonlySet<string>,
  { offset, limit }: PageRequest,
): Page<FragmentGroup> {
  const where = filterClauses(filter, accepted);
  const toGroup = (row: Record<string, unknown>): FragmentGroup => ({
    name: String(row.name),
    nFragments: Number(row.n),
  });
  if (where.length === 0) {
    const rows = db
      .prepare(
        `SELECT name, n_fragments AS n FROM fragment_groups WHERE grouping = ?
         ORDER BY n_fragments DESC, name LIMIT ? OFFSET ?`,
      )
      .all(grouping, limit, offset);
    const total = count(db, 'fragment_groups WHERE grouping = ?', [grouping]);
    return { items: rows.map(toGroup), offset, total };
  }
  const { sql, values } = both(where);
  const grouped = `SELECT ${groupName[grouping]} AS name, count(DISTINCT f.fragment_id) AS n
    FROM fragments f ${groupJoin[grouping]} LEFT JOIN fragment_facts USING (fragment_id) WHERE ${sql} GROUP BY 1`;
  const rows = db.prepare(`${grouped} ORDER BY n DESC, name LIMIT ? OFFSET ?`).all(...values, limit, offset);
  return { items: rows.map(toGroup), offset, total: count(db, `(${grouped})`, values) };
}

const members = 'JOIN group_members m USING (fragment_id) JOIN fragment_groups g USING (group_id)';
const groupName: Readonly<Record<Grouping, string>> = {
  family: 'f.family',
  flat: "''",
  category: 'fragment_facts.category',
  licence: 'g.name',
  repository: 'g.name',
  sample: 'o.sample_id',
};
const groupJoin: Readonly<Record<Grouping, string>> = {
  family: '',
  flat: '',
  category: '',
  licence: members.replace('USING (group_id)', "ON g.group_id = m.group_id AND g.grouping = 'licence'"),
  repository: members.replace('USING (group_id)', "ON g.group_id = m.group_id AND g.grouping = 'repository'"),
  sample: 'JOIN sample_occurrences o USING (fragment_id)',
};

export function viewFragments(db: Database, query: ViewQuery): Page<ListedFragment> {
  const where = filterClauses(query.filter, query.accepted);
  const hasFilter = where.length > 0;
  if (query.family !== undefined) return listFamily(db, query, query.family, where);
  if (query.grouping === 'family') {
    return hasFilter ? listFilteredFamilies(db, query, where) : listFamilies(db, query);
  }
  if (query.group !== null) where.push(groupClause(query.grouping, query.group));
  return page(db, query, where, 'fragments f LEFT JOIN fragment_facts USING (fragment_id)');
}

/** The first fragment of each family stands for it. */
function listFamilies(db: Database, { order, offset, limit, accepted }: ViewQuery): Page<ListedFragment> {
  const sort = orders[order].replaceAll('f.', 'families.');
  const rows = db
    .prepare(
      `SELECT f.*, category, spdx_id, sensitive, families.n_fragments AS n_family FROM families
       JOIN fragments f USING (fragment_id) LEFT JOIN fragment_facts USING (fragment_id)
       ORDER BY ${sort} LIMIT ? OFFSET ?`,
    )
    .all(limit, offset);
  return { items: listed(db, rows, accepted), offset, total: count(db, 'families', []) };
}

/** Of each family that has a match, the first match stands for it. */
function listFilteredFamilies(
  db: Database,
  { order, offset, limit, accepted }: ViewQuery,
  where: readonly Clause[],
): Page<ListedFragment> {
  const { sql, values } = both(where);
  const families = `SELECT min(f.fragment_id) AS fragment_id, count(*) AS n_family
    FROM fragments f LEFT JOIN fragment_facts USING (fragment_id) WHERE ${sql} GROUP BY f.family`;
  const rows = db
    .prepare(
      `SELECT f.*, category, spdx_id, sensitive, n_family FROM (${families}) JOIN fragments f USING (fragment_id)
       LEFT JOIN fragment_facts USING (fragment_id) ORDER BY ${orders[order]} LIMIT ? OFFSET ?`,
    )
    .all(...values, limit, offset);
  return { items: listed(db, rows, accepted), offset, total: count(db, `(${families})`, values) };
}

/** A family but for the fragment that stands for it. */
function listFamily(
  db: Database,
  query: ViewQuery,
  family: number,
  where: readonly Clause[],
): Page<ListedFragment> {
  const mine: Clause = { sql: 'f.family = ?', values: [family] };
  const { sql, values } = both([...where, mine]);
  const first = `(SELECT min(f.fragment_id) FROM fragments f LEFT JOIN fragment_facts USING (fragment_id) WHERE ${sql})`;
  const others: Clause = { sql: `f.fragment_id <> ${first}`, values };
  return page(
    db,
    query,
    [...where, mine, others],
    'fragments f LEFT JOIN fragment_facts USING (fragment_id)',
  );
}

function page(
  db: Database,
  { order, offset, limit, accepted }: ViewQuery,
  where: readonly Clause[],
  from: string,
): Page<ListedFragment> {
  const { sql, values } = both(where);
  const rows = db
    .prepare(
      `SELECT f.*, category, spdx_id, sensitive FROM ${from} WHERE ${sql} ORDER BY ${orders[order]} LIMIT ? OFFSET ?`,
    )
    .all(...values, limit, offset);
  const total = count(db, where.length === 0 ? 'fragments' : `${from} WHERE ${sql}`, values);
  return { items: listed(db, rows, accepted), offset, total };
}

function groupClause(grouping: Grouping, name: string): Clause {
  switch (grouping) {
    case 'category':
      return { sql: 'fragment_facts.category = ?', values: [name] };
    case 'sample':
      return {
        sql: 'f.fragment_id IN (SELECT fragment_id FROM sample_occurrences WHERE sample_id = ?)',
        values: [Number(name)],
      };
    default:
      return {
        sql: `f.fragment_id IN (SELECT fragment_id FROM group_members WHERE group_id =
          (SELECT group_id FROM fragment_groups WHERE grouping = ? AND name = ?))`,
        values: [grouping, name],
      };
  }
}

function filterClauses(filter: FragmentFilter, accepted: ReadonlySet<string>): Clause[] {
  const clauses: Clause[] = [];
  if (filter.text !== undefined && filter.text !== '') {
    const text = filter.text.toLowerCase();
    clauses.push({
      sql: '(instr(lower(CAST(f.text AS TEXT)), ?) > 0 OR substr(f.fingerprint, 1, ?) = ?)',
      values: [text, text.length, text],
    });
  }
  if (filter.licence !== undefined) clauses.push(groupClause('licence', filter.licence));
  if (filter.category !== undefined) clauses.push(groupClause('category', filter.category));
  if (filter.isSensitive) {
    clauses.push({
      sql: "f.fragment_id IN (SELECT fragment_id FROM fragment_facts WHERE sensitive <> '')",
      values: [],
    });
  }
  if (filter.isClipped) clauses.push({ sql: 'f.clipped = 1', values: [] });
  if (filter.isNew && accepted.size > 0) {
    clauses.push({
      sql: 'f.fingerprint NOT IN (SELECT value FROM json_each(?))',
      values: [JSON.stringify([...accepted])],
    });
  }
  return clauses;
}

const both = (clauses: readonly Clause[]): Clause => ({
  sql: clauses.map(({ sql }) => sql).join(' AND ') || 'TRUE',
  values: clauses.flatMap(({ values }) => values),
});

const count = (db: Database, from: string, values: readonly SqlValue[]): number =>
  Number(db.prepare(`SELECT count(*) AS n FROM ${from}`).get(...values)?.n);

function listed(
  db: Database,
  rows: readonly Record<string, unknown>[],
  accepted: ReadonlySet<string>,
): readonly ListedFragment[] {
  const labels = db.prepare('SELECT label FROM labels WHERE fingerprint = ? ORDER BY annotator');
  return rows.map((row) => {
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
      nFamily: Number(row.n_family ?? 1),
    };
  });
}
