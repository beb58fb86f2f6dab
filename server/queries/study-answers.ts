// What answers each of `studyMessages`, in the process that reads study files.

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
import { type Disclosure, disclose, Undisclosed } from '../answers/undisclosed.ts';
import * as comparisons from './comparisons.ts';
import { openSelection } from './dashboard-fragments.ts';
import * as dashboards from './dashboard-queries.ts';
import { maskGroups, openGroupName } from './group-names.ts';
import type { HoldsText } from './holds-text.ts';
import * as mapQueries from './map-queries.ts';
import { maskAnswer } from './mask-answer.ts';
import * as queries from './study-queries.ts';
import * as viewQueries from './view-queries.ts';

interface Asker {
  readonly disclosure: Disclosure;
  readonly signal: AbortSignal;
}

type Answer = (params: unknown, asker: Asker) => Promise<unknown>;

/** Answers by the method of their message. */
export const studyAnswers = new Map<string, Answer>();

/** What answers a message: closed, where its result holds texts. */
export type Given<Result> = true extends HoldsText<Result> ? Undisclosed<Result> : Result;

function on<Params, Result>(
  { method }: Message<Params, Result>,
  answer: (
    params: Params,
    signal: AbortSignal,
    disclosure: Disclosure,
  ) => Given<Result> | Promise<Given<Result>>,
): void {
  studyAnswers.set(method, async (params, { disclosure, signal }) => {
    const given: unknown = await answer(params as Params, signal, disclosure);
    const result = given instanceof Undisclosed ? await disclose(given, disclosure) : given;
    return disclosure === 'masked' ? await maskAnswer(result) : result;
  });
}

on(getStudy, async ({ study }) => queries.getStudy(study));
on(getFragment, ({ study, fingerprint }) => queries.getFragment(study, fingerprint));
on(listTrainOccurrences, async (request) => queries.listTrainPage(request));
on(listSampleOccurrences, async (request) => queries.listSamplePage(request));
on(getSample, ({ study, sampleId }) => queries.getSample(study, sampleId));
on(getDocument, ({ study, documentId, closed }, signal) =>
  queries.getDocument(study, documentId, signal, closed),
);
on(getComparison, (request, signal) => comparisons.getComparison(request, signal));
on(getComparisons, (request, signal) => comparisons.getComparisons(request, signal));
on(listGroups, async (request, _, disclosure) => {
  const page = viewQueries.listGroups(request);
  return disclosure === 'masked' ? await maskGroups(request.study, request.grouping, page) : page;
});
on(viewFragments, async (request) => {
  const { study, grouping } = request;
  const group = request.group && (await openGroupName(study, grouping, request.group));
  return viewQueries.viewFragments({ ...request, group });
});
on(listTrainingRows, ({ study, fingerprint }, _, disclosure) =>
  viewQueries.trainingRows(study, fingerprint, disclosure),
);
on(labelFragment, async ({ study, fingerprint, annotator, label }) =>
  viewQueries.labelFragment(study, fingerprint, annotator, label),
);
on(describeStudy, async ({ study }) => {
  const { describeStudy } = await import('../study/describe-fragments-stage.ts');
  return { isDescribed: await describeStudy(study) };
});
on(listRegionGroups, async (request) => mapQueries.listRegionGroups(request));
on(listRegions, async (request) => mapQueries.listRegions(request));
on(getHeatMap, (request, signal) => mapQueries.getHeatMap(request, signal));
on(measureTokens, (request, signal) => mapQueries.measureTokens(request, signal));
on(measureMapDashboard, async ({ study }) => {
  const { measureForDashboard } = await import('./map-dashboard.ts');
  return measureForDashboard(study);
});
on(findMemorised, async ({ studies, text }, signal) => {
  // The kernel is loaded with the first such question.
  const search = await import('./find-memorised.ts');
  return search.findMemorised(studies, text, signal);
});
on(checkWithIndex, async (request, signal) =>
  (await import('./index-lookups.ts')).checkWithIndex(request, signal),
);
on(describeIndex, async (request) => (await import('./index-lookups.ts')).describeIndex(request));
on(getIndexedDocument, async (request, signal) =>
  (await import('./index-lookups.ts')).getIndexedDocument(request, signal),
);
on(getDashboard, async ({ study }) => dashboards.getDashboard(study));
on(listDashboardFragments, async (request) =>
  dashboards.listDashboardFragments({
    ...request,
    selection: await openSelection(request.study, request.selection),
  }),
);
on(measureDashboard, async ({ study }) => {
  const { measureStudy } = await import('./measure-dashboard.ts');
  return measureStudy(study);
});
on(compareStudies, async ({ studies }) => {
  const { compareStudyFiles } = await import('./compared-studies.ts');
  return compareStudyFiles(studies);
});
on(compareMaps, async ({ studies }) => {
  const { compareMapFiles } = await import('./compared-studies.ts');
  return compareMapFiles(studies);
});
on(saveReport, async (request) => (await import('./save-files.ts')).saveReport(request));
on(saveTrainingRows, async (request) => (await import('./save-files.ts')).saveTrainingRows(request));
