// The fragments behind a mark of the dashboard, in pages, with sensitive parts of their labels masked.

import type { FragmentSelection } from '../../protocol/dashboard.ts';
import type { FragmentOrder, FragmentRow, Page, PageRequest } from '../../protocol/fragments.ts';
import { maskRanges } from '../analysis/sensitive.ts';
import { tellingLine } from '../analysis/telling-line.ts';
import { findSensitive } from '../sensitive/find-sensitive.ts';
import { findFragments } from '../store/find-fragments.ts';
import { type FilterPart, filterParts, groupPart, listed, samplesPart } from '../store/fragment-filter.ts';
import type { Database } from '../store/study-file.ts';
import { fragmentRow } from '../store/views.ts';

export interface SelectionRequest extends PageRequest {
  readonly order: FragmentOrder;
  readonly selection: FragmentSelection;
}

/** More are not shown at once, whatever is asked. */
const MOST = 500;

export async function listSelection(
  db: Database,
  { offset, limit, order, selection }: SelectionRequest,
): Promise<Page<FragmentRow>> {
  const page = { order, offset, limit: Math.min(limit, MOST) };
  const { items: ids, total } = findFragments(db, page, partsOf(db, selection), []);
  const row = db.prepare(
    `SELECT *, coalesce(sensitive, 'unknown') <> '' AS may_be_sensitive
     FROM fragments LEFT JOIN fragment_facts USING (fragment_id) WHERE fragment_id = ?`,
  );
  const rows = ids.map((id) => row.get(id)!);
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

function partsOf(db: Database, selection: FragmentSelection): readonly FilterPart[] {
  const nobody: ReadonlySet<string> = new Set();
  switch (selection.kind) {
    case 'all':
      return [];
    case 'counts':
      return [
        listed('SELECT fragment_id FROM fragments WHERE train = ? AND extract = ?', [
          selection.train,
          selection.extract,
        ]),
      ];
    case 'lines': {
      const { fromLines, toLines } = selection;
      const { isSorted: _, ...part } = listed(
        'SELECT fragment_id FROM fragments WHERE n_lines BETWEEN ? AND ?',
        [fromLines, toLines],
      );
      return [part];
    }
    case 'category':
      return filterParts(db, { category: selection.category }, nobody);
    case 'repository':
      return [groupPart(db, 'repository', selection.repository)];
    case 'license':
      return filterParts(db, { licence: selection.license }, nobody);
    case 'samples':
      return [samplesPart(selection.nSamples)];
    case 'sensitive':
      return filterParts(db, { isSensitive: true }, nobody);
  }
}
