// The fragments behind a mark of the dashboard, in pages.

import { foreign, rawText } from '../../guard/text/foreign.ts';
import type { FragmentSelection } from '../../protocol/dashboard.ts';
import type { FragmentOrder, FragmentRow, Page, PageRequest } from '../../protocol/fragments.ts';
import type { StudyId } from '../../protocol/study.ts';
import { tellingLine } from '../analysis/telling-line.ts';
import type { Undisclosed } from '../answers/undisclosed.ts';
import { findFragments } from '../store/find-fragments.ts';
import {
  countsPart,
  type FilterPart,
  filterParts,
  groupPart,
  lengthPart,
  samplesPart,
} from '../store/fragment-filter.ts';
import { openFragmentReader } from '../store/stored-fragments.ts';
import type { Database } from '../store/study-file.ts';
import { openGroupName } from './group-names.ts';
import { withLabels } from './mask-texts.ts';

export interface SelectionRequest extends PageRequest {
  readonly order: FragmentOrder;
  readonly selection: FragmentSelection;
}

/** More are not shown at once, whatever is asked. */
const MOST = 500;

export function listSelection(
  db: Database,
  { offset, limit, order, selection }: SelectionRequest,
): Undisclosed<Page<FragmentRow>> {
  const page = { order, offset, limit: Math.min(limit, MOST) };
  const { items: ids, total } = findFragments(db, page, partsOf(db, selection), []);
  const fragmentOf = openFragmentReader(db);
  const items = ids.map((id): FragmentRow => {
    const { fragmentId: _, text, ...figures } = fragmentOf(id);
    return { ...figures, firstLine: foreign(tellingLine(new TextDecoder().decode(text))) };
  });
  return withLabels(db, { items, offset, total });
}

/** What is meant by a mark of the dashboard, whose names were masked for it. */
export async function openSelection(
  study: StudyId,
  selection: FragmentSelection,
): Promise<FragmentSelection> {
  switch (selection.kind) {
    case 'repository':
      return { ...selection, repository: await openGroupName(study, 'repository', selection.repository) };
    case 'license':
      return { ...selection, license: await openGroupName(study, 'licence', selection.license) };
    default:
      return selection;
  }
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
