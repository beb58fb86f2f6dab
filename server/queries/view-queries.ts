// The answers to what the studies view asks, and what it adds: labels and accepted fragments. Nothing is held
// between requests.

import { forJson } from '../../guard/text/for-json.ts';
import { foreign } from '../../guard/text/foreign.ts';
import type { Page } from '../../protocol/fragments.ts';
import type { StudyId } from '../../protocol/study.ts';
import type { Category, FragmentGroup, Grouping, ListedFragment, ViewRequest } from '../../protocol/views.ts';
import {
  countUnlistedPlaces,
  listExposedRows,
  listTrainingRows,
  maskRows,
} from '../answers/training-rows.ts';
import type { Disclosure, Undisclosed } from '../answers/undisclosed.ts';
import { readAccepted, writeBaseline } from '../formats/baseline-file.ts';
import * as groups from '../store/fragment-groups.ts';
import * as views from '../store/fragment-views.ts';
import { deleteLabel, putLabels } from '../store/labels-table.ts';
import { withLockedStudy } from '../store/locked-study.ts';
import * as files from '../store/study-file.ts';
import { openForReading, reading, transact } from '../store/study-file.ts';
import { readStudy } from '../store/study-table.ts';
import { withLabels } from './mask-texts.ts';

export function listGroups(request: ViewRequest & { readonly grouping: Grouping }): Page<FragmentGroup> {
  const accepted = acceptedBy(request.baseline);
  return reading(request.study, (db) =>
    groups.listGroups(db, request.grouping, request.filter, accepted, request),
  );
}

export function viewFragments(
  request: ViewRequest & Pick<views.ViewQuery, 'grouping' | 'group' | 'family' | 'order'>,
): Undisclosed<Page<ListedFragment>> {
  const query = { ...request, accepted: acceptedBy(request.baseline) };
  return reading(request.study, (db) => withLabels(db, views.viewFragments(db, query)));
}

export async function acceptFragments(
  baseline: string,
  fingerprints: readonly string[],
  reason: string | null,
): Promise<{ readonly nAccepted: number }> {
  const accepted = new Map(readAccepted(baseline));
  for (const fingerprint of fingerprints) {
    if (reason === null) accepted.delete(fingerprint);
    else accepted.set(fingerprint, reason);
  }
  await writeBaseline(baseline, { accepted });
  return { nAccepted: accepted.size };
}

export async function labelFragment(
  study: StudyId,
  fingerprint: string,
  annotator: string,
  label: Category | null,
): Promise<void> {
  await withLockedStudy(study, (db) =>
    transact(db, () => {
      if (label === null) deleteLabel(db, fingerprint, annotator);
      else putLabels(db, [{ fingerprint, annotator, label, note: '' }]);
    }),
  );
}

/** Refused while another process writes it. It is not opened, so that what cannot be read can be deleted. */
export const deleteStudy = (study: StudyId): void => files.deleteStudy(study);

export async function trainingRows(study: StudyId, fingerprint: string, disclosure: Disclosure) {
  using db = openForReading(study);
  const chosen = new Set([fingerprint]);
  const list = readStudy(db)?.plan.map === undefined ? listTrainingRows : listExposedRows;
  const rows = [...list(db, chosen)];
  const shown = disclosure === 'masked' ? await maskRows(rows) : rows;
  const lines = shown.map((row) => `${forJson(row)}\n`).join('');
  return { lines: foreign(lines), nUnlisted: countUnlistedPlaces(db, chosen) };
}

/** The fingerprints in a baseline file; a file that does not exist accepts nothing. */
export function acceptedBy(baseline: string | null): ReadonlySet<string> {
  return new Set(baseline === null ? [] : readAccepted(baseline).keys());
}
