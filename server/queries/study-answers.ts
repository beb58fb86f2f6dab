// What answers each of `studyMessages`, in the process that reads study files.

import { getComparison, getComparisons } from '../../protocol/comparison.ts';
import { getDashboard, listDashboardFragments, measureDashboard } from '../../protocol/dashboard.ts';
import { findMemorised } from '../../protocol/find-memorised.ts';
import type { Message } from '../../protocol/message.ts';
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
import type { Disclosure } from '../answers/describe-fragments.ts';
import * as comparisons from './comparisons.ts';
import * as dashboards from './dashboard-queries.ts';
import { maskLabels, maskText } from './mask-texts.ts';
import * as queries from './study-queries.ts';
import * as viewQueries from './view-queries.ts';

interface Asker {
  readonly disclosure: Disclosure;
  readonly signal: AbortSignal;
}

type Answer = (params: unknown, asker: Asker) => Promise<unknown>;

/** By method. */
export const studyAnswers = new Map<string, Answer>();

function on<Params, Result>(
  { method }: Message<Params, Result>,
  answer: (params: Params, asker: Asker) => Promise<Result>,
): void {
  studyAnswers.set(method, answer as Answer);
}

on(getStudy, async ({ study }) => queries.getStudy(study));
on(getFragment, async ({ study, fingerprint }, { disclosure }) => {
  const fragment = await maskText(queries.getFragment(study, fingerprint), disclosure);
  const [label] = await maskLabels(study, [fragment], disclosure);
  return label ?? fragment;
});
on(listTrainOccurrences, async (request) => queries.listTrainPage(request));
on(listSampleOccurrences, async (request) => queries.listSamplePage(request));
on(getSample, async ({ study, sampleId }, { disclosure }) =>
  maskText(queries.getSample(study, sampleId), disclosure),
);
on(getDocument, async ({ study, documentId }, { disclosure, signal }) =>
  maskText(await queries.getDocument(study, documentId, signal), disclosure),
);
on(getComparison, async (request, { disclosure, signal }) =>
  comparisons.getComparison(request, disclosure, signal),
);
on(getComparisons, async (request, { disclosure, signal }) =>
  comparisons.getComparisons(request, disclosure, signal),
);
on(listGroups, async (request) => viewQueries.listGroups(request));
on(viewFragments, async (request, { disclosure }) => {
  const page = viewQueries.viewFragments(request);
  return { ...page, items: await maskLabels(request.study, page.items, disclosure) };
});
on(listTrainingRows, async ({ study, fingerprint }) => viewQueries.trainingRows(study, fingerprint));
on(labelFragment, async ({ study, fingerprint, annotator, label }) =>
  viewQueries.labelFragment(study, fingerprint, annotator, label),
);
on(describeStudy, async ({ study }) => {
  const { describeStudy } = await import('../study/describe-fragments-stage.ts');
  return { isDescribed: await describeStudy(study) };
});
on(findMemorised, async ({ studies, text }, { signal }) => {
  // The kernel is loaded with the first such question.
  const search = await import('./find-memorised.ts');
  return search.findMemorised(studies, text, signal);
});
on(getDashboard, async ({ study }) => dashboards.getDashboard(study));
on(listDashboardFragments, async (request) => dashboards.listDashboardFragments(request));
on(measureDashboard, async ({ study }) => {
  const { measureStudy } = await import('./measure-dashboard.ts');
  return measureStudy(study);
});
