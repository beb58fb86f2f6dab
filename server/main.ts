// The background server: the composition root that binds the protocol's messages to the engine's work.
// It is stateless: every request names a study file, and a restarted server answers the same.

import { createConnection, ProposedFeatures, TextDocumentSyncKind } from 'vscode-languageserver/node';
import { getDashboard, listDashboardFragments, measureDashboard } from '../protocol/dashboard.ts';
import { findMemorised } from '../protocol/find-memorised.ts';
import { estimateStudy, makePlan, readPlan } from '../protocol/plan-file.ts';
import {
  getDemoPlan,
  getDocument,
  getFragment,
  getSample,
  getStudy,
  listSampleOccurrences,
  listStudies,
  listTrainOccurrences,
  runStudy,
  studyProgress,
} from '../protocol/requests.ts';
import {
  acceptFragments,
  describeStudy,
  getPlace,
  labelFragment,
  listGroups,
  listTrainingRows,
  viewFragments,
} from '../protocol/views.ts';
import { endWithParent } from './guard/end-with-parent.ts';
import { answering } from './lsp/answering.ts';
import { DisclosureSetting } from './lsp/disclosure-setting.ts';
import { throttleProgress } from './lsp/throttle-progress.ts';
import { adviseSqlite } from './node-version.ts';
import { demoPlan } from './plan/demo-plan.ts';
import * as plans from './plan/plan-file.ts';
import { productFolder } from './product-folder.ts';
import * as dashboards from './queries/dashboard-queries.ts';
import { maskLabels, maskText } from './queries/mask-texts.ts';
import * as measuring from './queries/measure-dashboard.ts';
import * as queries from './queries/study-queries.ts';
import * as viewQueries from './queries/view-queries.ts';
import * as estimates from './study/estimate-study.ts';
import { readPrompts } from './study/read-prompts.ts';
import * as studies from './study/run-study.ts';

const connection = createConnection(ProposedFeatures.all);
/** Ends whatever still runs when the client goes away. */
const lifetime = new AbortController();
const on = answering(connection, lifetime.signal);

const disclosure = new DisclosureSetting(connection);
connection.onInitialize(({ capabilities }) => {
  disclosure.learn(capabilities.workspace);
  return { capabilities: { textDocumentSync: TextDocumentSyncKind.None } };
});
connection.onInitialized(() => {
  const advice = adviseSqlite(process.versions);
  if (advice !== null) connection.console.warn(advice);
});
connection.onShutdown(() => lifetime.abort());
// A client that was killed sends no shutdown: its end of the channel closes.
process.once('disconnect', () => {
  lifetime.abort();
  setTimeout(() => process.exit(0), 1000).unref();
});
// And where work keeps this thread from hearing that.
endWithParent(2000);

on(runStudy, async ({ study, plan, execution }, signal) => {
  const throttled = throttleProgress((progress) => {
    void connection.sendNotification(studyProgress.method, { study, progress });
  });
  return studies.runStudy({ file: study, plan, execution, upTo: 'analyse', signal, report: throttled });
});
on(getDemoPlan, async () => demoPlan(productFolder()));
on(listStudies, async ({ folder }) => queries.listStudies(folder));
on(getStudy, async ({ study }) => queries.getStudy(study));
on(getFragment, async ({ study, fingerprint }) => {
  const shown = await disclosure.read();
  const fragment = await maskText(queries.getFragment(study, fingerprint), shown);
  const [label] = await maskLabels(study, [fragment], shown);
  return label ?? fragment;
});
on(listTrainOccurrences, async (request) => queries.listTrainPage(request));
on(listSampleOccurrences, async (request) => queries.listSamplePage(request));
on(getSample, async ({ study, sampleId }) =>
  maskText(queries.getSample(study, sampleId), await disclosure.read()),
);
on(getDocument, async ({ study, documentId }, signal) =>
  maskText(await queries.getDocument(study, documentId, signal), await disclosure.read()),
);
on(findMemorised, async ({ studies, text }, signal) => {
  // The kernel is loaded with the first such question.
  const search = await import('./queries/find-memorised.ts');
  return search.findMemorised(studies, text, signal);
});
on(getDashboard, async ({ study }) => dashboards.getDashboard(study));
on(measureDashboard, async ({ study }, signal) => measuring.measureDashboard(study, signal));
on(listDashboardFragments, async (request) => dashboards.listDashboardFragments(request));

on(listGroups, async (request) => viewQueries.listGroups(request));
on(viewFragments, async (request) => {
  const page = viewQueries.viewFragments(request);
  return { ...page, items: await maskLabels(request.study, page.items, await disclosure.read()) };
});
on(describeStudy, async ({ study }) => {
  const { describeStudy } = await import('./study/describe-fragments-stage.ts');
  return { isDescribed: await describeStudy(study) };
});
on(acceptFragments, async ({ baseline, fingerprints, reason }) =>
  viewQueries.acceptFragments(baseline, fingerprints, reason),
);
on(labelFragment, async ({ study, fingerprint, annotator, label }) =>
  viewQueries.labelFragment(study, fingerprint, annotator, label),
);
on(listTrainingRows, async ({ study, fingerprint }) => viewQueries.trainingRows(study, fingerprint));
on(getPlace, async ({ study, fingerprint, documentId }) =>
  viewQueries.getPlace(study, fingerprint, documentId),
);
on(makePlan, async ({ plan, folder }) => plans.makePlan(plan, folder, readPrompts));
on(readPlan, async ({ file }) => plans.readPlanFile(file, readPrompts));
on(estimateStudy, async ({ plan, sizes, speeds }) => estimates.estimateStudy(plan, sizes, speeds));

connection.listen();
