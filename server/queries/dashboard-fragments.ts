// The fragments behind a mark of the dashboard, in pages, with sensitive parts of their labels masked.

import { rawText } from '../../guard/text/foreign.ts';
import type { FragmentSelection } from '../../protocol/dashboard.ts';
import type { FragmentOrder, FragmentRow, Page, PageRequest } from '../../protocol/fragments.ts';
import { maskRanges } from '../analysis/sensitive.ts';
import { tellingLine } from '../analysis/telling-line.ts';
import { findSensitive } from '../sensitive/find-sensitive.ts';
import { findFragments } from '../store/find-fragments.ts';
import {
  countsPart,
  type FilterPart,
  filterParts,
  groupPart,
  lengthPart,
  samplesPart,
} from '../store/fragment-filter.ts';
import { openSensitiveTexts } from '../store/sensitive-texts.ts';
import { openFragmentReader } from '../store/stored-fragments.ts';
import type { Database } from '../store/study-file.ts';

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
  const fragmentOf = openFragmentReader(db);
  const sensitiveText = openSensitiveTexts(db);
  const fragments = ids.map(fragmentOf);
  const doubtful = fragments.flatMap(({ fingerprint }) => {
    const text = sensitiveText(fingerprint);
    return text === undefined ? [] : [{ fingerprint, text }];
  });
  const masked = await maskTexts(doubtful);
  const items = fragments.map((fragment): FragmentRow => {
    const { fragmentId: _, text, ...figures } = fragment;
    const shown = masked.get(fragment.fingerprint) ?? new TextDecoder().decode(text);
    return { ...figures, firstLine: tellingLine(shown) };
  });
  return { items, offset, total };
}

/** Masked texts by fingerprint. */
async function maskTexts(
  texts: readonly { readonly fingerprint: string; readonly text: string }[],
): Promise<ReadonlyMap<string, string>> {
  const masked = new Map<string, string>();
  for await (const { item, ranges } of findSensitive(texts)) {
    masked.set(item.fingerprint, maskRanges(item.text, ranges));
  }
  return masked;
}

function partsOf(db: Database, selection: FragmentSelection): readonly FilterPart[] {
  const nobody: ReadonlySet<string> = new Set();
  switch (selection.kind) {
    case 'all':
      return [];
    case 'counts':
      return [countsPart(selection.train, selection.extract)];
    case 'lines':
      return [lengthPart(selection.fromLines, selection.toLines)];
    case 'category':
      return filterParts(db, { category: selection.category }, nobody);
    case 'repository':
      return [groupPart(db, 'repository', rawText(selection.repository))];
    case 'license':
      return filterParts(db, { license: rawText(selection.license) }, nobody);
    case 'samples':
      return [samplesPart(selection.nSamples)];
    case 'sensitive':
      return filterParts(db, { isSensitive: true }, nobody);
  }
}
