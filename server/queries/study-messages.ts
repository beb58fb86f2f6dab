// The messages that are answered from study files, and how. None of them is answered in the server's own process: a
// study may come from a stranger, and what reads it may need more time or memory than it is worth.

import { getComparison, getComparisons } from '../../protocol/comparison.ts';
import { getDashboard, listDashboardFragments, measureDashboard } from '../../protocol/dashboard.ts';
import { findMemorised } from '../../protocol/find-memorised.ts';
import {
  getDocument,
  getFragment,
  getSample,
  getStudy,
  listSampleOccurrences,
  listTrainOccurrences,
} from '../../protocol/requests.ts';
import {
  describeStudy,
  labelFragment,
  listGroups,
  listTrainingRows,
  viewFragments,
} from '../../protocol/views.ts';

/**
 * `quick`: a view waits for it. `slow`: may take a minute for a large study, beside the quick ones. `alone`: may compute
 * for minutes in one piece, in a process of its own that ends when nobody waits for it any more.
 */
export type Lane = 'quick' | 'slow' | 'alone';

export interface StudyMessage {
  readonly message: { readonly method: string };
  readonly lane: Lane;
  /** Whether the answer holds texts, which are masked unless who looks has chosen to see them. */
  readonly holds: 'texts' | 'no texts';
}

const answered =
  (lane: Lane, holds: StudyMessage['holds']) =>
  (message: StudyMessage['message']): StudyMessage => ({ message, lane, holds });

export const studyMessages: readonly StudyMessage[] = [
  ...[getStudy, listTrainOccurrences, listSampleOccurrences, listGroups, listDashboardFragments].map(
    answered('quick', 'no texts'),
  ),
  ...[getFragment, getSample, getDocument, getComparison, viewFragments].map(answered('quick', 'texts')),
  answered('slow', 'texts')(getComparisons),
  ...[getDashboard, describeStudy, labelFragment, listTrainingRows, findMemorised].map(
    answered('slow', 'no texts'),
  ),
  answered('alone', 'no texts')(measureDashboard),
];
