// What each message to the server needs while the workspace is not trusted. A message that is not listed needs trust.

import { getComparison, getComparisons } from '../../protocol/comparison.ts';
import { getDashboard, listDashboardFragments, measureDashboard } from '../../protocol/dashboard.ts';
import { getHeatMap, listRegionGroups, listRegions } from '../../protocol/extraction-map.ts';
import { measureMapDashboard } from '../../protocol/map-dashboard.ts';
import { estimateStudy } from '../../protocol/plan-file.ts';
import {
  deleteStudy,
  getDemoPlan,
  getDocument,
  getFragment,
  getSample,
  getStudy,
  listSampleOccurrences,
  listStudies,
  listTrainOccurrences,
  runStudy,
} from '../../protocol/requests.ts';
import { describeStudy, listGroups, listTrainingRows, viewFragments } from '../../protocol/views.ts';

/**
 * `outside`: nothing that it names may be of the workspace, neither the study nor the places of a plan. The others read
 * what people write, write into the workspace, or compare its texts: plan files, prompts, baselines, labels.
 */
export const NEEDS_NO_TRUST_OUTSIDE: ReadonlySet<string> = new Set(
  [
    deleteStudy,
    describeStudy,
    estimateStudy,
    getComparison,
    getComparisons,
    getDashboard,
    getDemoPlan,
    getDocument,
    getFragment,
    getHeatMap,
    getSample,
    getStudy,
    listDashboardFragments,
    listGroups,
    listRegionGroups,
    listRegions,
    listSampleOccurrences,
    listStudies,
    listTrainOccurrences,
    listTrainingRows,
    measureDashboard,
    measureMapDashboard,
    runStudy,
    viewFragments,
  ].map(({ method }) => method),
);
