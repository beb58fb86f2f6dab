// The messages that are answered from study files, and how. None of them is answered in the server's own process: a
// study may come from a stranger, and what reads it may need more time or memory than it is worth.

import { checkWithIndex } from '../../protocol/checked-text.ts';
import { getComparison, getComparisons } from '../../protocol/comparison.ts';
import { describeIndex, getIndexedDocument } from '../../protocol/corpus-index.ts';
import { getDashboard, listDashboardFragments, measureDashboard } from '../../protocol/dashboard.ts';
import { getHeatMap, listRegionGroups, listRegions, measureTokens } from '../../protocol/extraction-map.ts';
import { findMemorised } from '../../protocol/find-memorised.ts';
import { saveReport, saveTrainingRows } from '../../protocol/leaving.ts';
import { compareMaps, measureMapDashboard } from '../../protocol/map-dashboard.ts';
import type { Message } from '../../protocol/message.ts';
import {
  getDocument,
  getFragment,
  getSample,
  getStudy,
  listSampleOccurrences,
  listTrainOccurrences,
} from '../../protocol/requests.ts';
import { compareStudies } from '../../protocol/study-comparison.ts';
import {
  describeStudy,
  labelFragment,
  listGroups,
  listTrainingRows,
  viewFragments,
} from '../../protocol/views.ts';
import type { HoldsNames, HoldsText } from './holds-text.ts';

/**
 * `quick`: a view waits for it. `slow`: may take a minute for a large study, beside the quick ones. `alone`: may compute
 * for minutes in one piece, in a process of its own that ends when nobody waits for it any more.
 */
export type Lane = 'quick' | 'slow' | 'alone';

export interface StudyMessage {
  readonly message: { readonly method: string };
  readonly lane: Lane;
  /** Texts are masked unless who looks has chosen to see them; some are masked even then. */
  readonly disclosure: 'chosen' | 'masked' | 'no texts';
}

/** The compiler knows which results hold texts, or names out of training data. */
type DisclosureOf<Result> = true extends HoldsText<Result> | HoldsNames<Result>
  ? 'chosen' | 'masked'
  : 'no texts';

const answered = <Params, Result>(
  message: Message<Params, Result>,
  lane: Lane,
  disclosure: DisclosureOf<Result>,
): StudyMessage => ({ message, lane, disclosure });

export const studyMessages: readonly StudyMessage[] = [
  answered(getStudy, 'quick', 'masked'),
  answered(getFragment, 'quick', 'chosen'),
  answered(getSample, 'quick', 'chosen'),
  answered(getDocument, 'quick', 'chosen'),
  answered(getComparison, 'quick', 'chosen'),
  answered(listTrainOccurrences, 'quick', 'chosen'),
  answered(listSampleOccurrences, 'quick', 'no texts'),
  answered(listGroups, 'quick', 'chosen'),
  answered(viewFragments, 'quick', 'chosen'),
  answered(getHeatMap, 'quick', 'chosen'),
  answered(listDashboardFragments, 'quick', 'masked'),
  answered(checkWithIndex, 'quick', 'masked'),
  answered(describeIndex, 'quick', 'masked'),
  answered(getIndexedDocument, 'quick', 'chosen'),
  answered(getComparisons, 'slow', 'chosen'),
  answered(getDashboard, 'slow', 'masked'),
  answered(listRegionGroups, 'slow', 'chosen'),
  answered(listRegions, 'slow', 'chosen'),
  answered(describeStudy, 'slow', 'no texts'),
  answered(labelFragment, 'slow', 'no texts'),
  answered(listTrainingRows, 'slow', 'chosen'),
  answered(findMemorised, 'slow', 'chosen'),
  answered(measureDashboard, 'alone', 'no texts'),
  answered(compareStudies, 'alone', 'masked'),
  answered(measureMapDashboard, 'alone', 'masked'),
  answered(compareMaps, 'alone', 'masked'),
  answered(measureTokens, 'alone', 'chosen'),
  answered(saveReport, 'alone', 'no texts'),
  answered(saveTrainingRows, 'alone', 'no texts'),
];
