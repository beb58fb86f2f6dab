// The ids of a page of fragments that pass a filter, in order. What comes first is found by walking an index until
// the page is full: the order's own where most fragments pass, a list of those that may pass where few do.

import type { FragmentOrder, Page, PageRequest } from '../../protocol/fragments.ts';
import { countOnce } from './count-once.ts';
import { countFragments } from './counts.ts';
import { allOf, type Clause, type FilterPart, passes } from './fragment-filter.ts';
import { isDone } from './stages-table.ts';
import type { Database } from './study-file.ts';

/** Fragments that pass a filter are counted up to here, and then said to be at least so many. */
export const COUNT_LIMIT = 10_000;
/** A list of this many is sorted in a moment; of a longer one, some stand early in any order. */
const FEW = 30_000;

/** On rows of fragments, or of families. */
export const orders: Readonly<Record<FragmentOrder, string>> = {
  logic: 'place',
  train: 'fragment_id',
  extract: 'extract DESC, fragment_id',
  length: 'n_lines DESC, fragment_id',
};

/** `conditions` restrict further, on the row `f`: no index lists what they leave. */
export function findFragments(
  db: Database,
  { order: wanted, offset, limit }: PageRequest & { readonly order: FragmentOrder },
  parts: readonly FilterPart[],
  conditions: readonly Clause[],
): Page<number> {
  const order = wanted === 'logic' && !isDone(db, 'describe') ? 'length' : wanted;
  const way = shortestWay(db, parts, order, allOf([passes(parts, 'f'), ...conditions]));
  const items = db
    .prepare(`${way.sql} LIMIT ? OFFSET ?`)
    .all(...way.values, limit, offset)
    .map((row) => Number(row.fragment_id));
  const exact = exactTotal(db, parts, conditions);
  if (exact !== undefined) return { items, offset, total: exact };
  const most = Math.max(COUNT_LIMIT, offset + limit);
  const unordered = way.sql.replace(/ ORDER BY .*?$/s, '');
  const total = countOf(db, `${unordered} LIMIT ${most + 1}`, way.values);
  return total > most ? { items, offset, total: most, isAtLeast: true } : { items, offset, total };
}

/** The shortest list of candidates that some part can give; sizes beyond `FEW` count as equal. */
export function shortestList(
  db: Database,
  parts: readonly FilterPart[],
): { readonly list?: Clause; readonly size: number; readonly isSorted?: boolean } {
  const sizeOf = ({ sql, values }: Clause) => countOf(db, `SELECT 1 FROM (${sql}) LIMIT ${FEW + 1}`, values);
  const sized = parts.flatMap(({ list, nListed, isSorted = false }) =>
    list === undefined ? [] : [{ list, isSorted, size: Math.min(nListed ?? sizeOf(list), FEW + 1) }],
  );
  const [shortest] = sized.sort((a, b) => a.size - b.size);
  return shortest ?? { size: Number.POSITIVE_INFINITY };
}

function shortestWay(
  db: Database,
  parts: readonly FilterPart[],
  order: FragmentOrder,
  condition: Clause,
): Clause {
  const { list, size, isSorted } = shortestList(db, parts);
  const isInOrder = order === 'train' && isSorted;
  if (list === undefined || (size > FEW && !isInOrder)) {
    const from =
      order === 'logic'
        ? 'fragment_order o CROSS JOIN fragments f ON f.fragment_id = o.fragment_id'
        : 'fragments f';
    const by = order === 'logic' ? 'o.place' : orders[order];
    const sql = `SELECT f.fragment_id FROM ${from} WHERE ${condition.sql} ORDER BY ${by}`;
    return { sql, values: condition.values };
  }
  const sorted: Readonly<Record<FragmentOrder, string>> = {
    logic: '(SELECT place FROM fragment_order o WHERE o.fragment_id = l.fragment_id)',
    train: 'l.fragment_id',
    extract: 'f.extract DESC, f.fragment_id',
    length: 'f.n_lines DESC, f.fragment_id',
  };
  return {
    sql: `SELECT l.fragment_id FROM (${list.sql}) l CROSS JOIN fragments f ON f.fragment_id = l.fragment_id
      WHERE ${condition.sql} ORDER BY ${sorted[order]}`,
    values: [...list.values, ...condition.values],
  };
}

/** The total, if an index alone knows it. */
function exactTotal(
  db: Database,
  parts: readonly FilterPart[],
  conditions: readonly Clause[],
): number | undefined {
  const [only, ...others] = parts;
  if (others.length > 0 || conditions.length > 0) return undefined;
  if (only === undefined) return countFragments(db);
  if (!only.isExact || only.list === undefined) return undefined;
  return only.nListed ?? countOf(db, only.list.sql, only.list.values);
}

/** The pages of a view, and what stands above them, ask for the same counts. */
const countOf = (db: Database, sql: string, values: Clause['values']): number =>
  countOnce(db, JSON.stringify([sql, values]), () =>
    Number(db.prepare(`SELECT count(*) AS n FROM (${sql})`).get(...values)?.n),
  );
