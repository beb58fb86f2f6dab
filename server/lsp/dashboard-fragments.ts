// The fragments behind a mark of the dashboard, in pages, with sensitive parts of their labels masked.

import type { FragmentSelection } from '../../protocol/dashboard.ts';
import type { FragmentOrder, FragmentRow, Page, PageRequest } from '../../protocol/fragments.ts';
import { maskRanges } from '../analysis/sensitive.ts';
import { findSensitive } from '../sensitive/find-sensitive.ts';
import type { Database } from '../store/study-file.ts';
import { fragmentRow } from '../store/views.ts';

export interface SelectionRequest extends PageRequest {
  readonly order: FragmentOrder;
  readonly selection: FragmentSelection;
}

const orders: Readonly<Record<FragmentOrder, string>> = {
  train: 'fragment_id',
  extract: 'extract DESC, fragment_id',
  length: 'n_lines DESC, fragment_id',
};

/** More are not shown at once, whatever is asked. */
const MOST = 500;

export async function listSelection(
  db: Database,
  { offset, limit, order, selection }: SelectionRequest,
): Promise<Page<FragmentRow>> {
  const { where, values } = condition(selection);
  const total = Number(db.prepare(`SELECT count(*) AS n FROM fragments WHERE ${where}`).get(...values)?.n);
  const rows = db
    .prepare(
      `SELECT *, coalesce(sensitive, 'unknown') <> '' AS may_be_sensitive
       FROM fragments LEFT JOIN fragment_facts USING (fragment_id)
       WHERE ${where} ORDER BY ${orders[order]} LIMIT ? OFFSET ?`,
    )
    .all(...values, Math.min(limit, MOST), offset);
  const masked = await maskTexts(rows.filter((row) => row.may_be_sensitive === 1));
  const items = rows.map((row): FragmentRow => {
    const id = Number(row.fragment_id);
    return { ...fragmentRow(row), firstLine: tellingLine(masked.get(id) ?? textOf(row)) };
  });
  return { items, offset, total };
}

type SqlRow = Record<string, unknown>;

const textOf = (row: SqlRow) => new TextDecoder().decode(row.text as Uint8Array);

/** By fragment_id. */
async function maskTexts(rows: readonly SqlRow[]): Promise<ReadonlyMap<number, string>> {
  const masked = new Map<number, string>();
  const texts = rows.map((row) => ({ id: Number(row.fragment_id), text: textOf(row) }));
  for await (const { item, ranges } of findSensitive(texts)) {
    masked.set(item.id, maskRanges(item.text, ranges));
  }
  return masked;
}

type Value = string | number;

const inGroup = `fragment_id IN (SELECT fragment_id FROM group_members WHERE group_id =
  (SELECT group_id FROM fragment_groups WHERE grouping = ? AND name = ?))`;

function condition(selection: FragmentSelection): {
  readonly where: string;
  readonly values: readonly Value[];
} {
  switch (selection.kind) {
    case 'all':
      return { where: 'TRUE', values: [] };
    case 'counts':
      return { where: 'train = ? AND extract = ?', values: [selection.train, selection.extract] };
    case 'lines':
      return { where: 'n_lines BETWEEN ? AND ?', values: [selection.fromLines, selection.toLines] };
    case 'category':
      return {
        where: 'fragment_id IN (SELECT fragment_id FROM fragment_facts WHERE category = ?)',
        values: [selection.category],
      };
    case 'repository':
      return { where: inGroup, values: ['repository', selection.repository] };
    case 'license':
      return { where: inGroup, values: ['licence', selection.license] };
    case 'samples':
      return {
        where: 'fragment_id IN (SELECT fragment_id FROM sample_occurrences WHERE sample_id < ?)',
        values: [selection.nSamples],
      };
    case 'sensitive':
      return {
        where: "fragment_id IN (SELECT fragment_id FROM fragment_facts WHERE sensitive <> '')",
        values: [],
      };
  }
}

/** The first line that holds a word: many fragments begin with a lone bracket. */
export function tellingLine(text: string): string {
  const lines = text.split('\n');
  return (lines.find((line) => /\p{L}{3}/u.test(line)) ?? lines[0]!).slice(0, 200);
}
