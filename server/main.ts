// The background server: the composition root that binds the protocol's messages to the engine's work.
// It is stateless: every request names a study file, and a restarted server answers the same.

import { createConnection, ProposedFeatures, TextDocumentSyncKind } from 'vscode-languageserver/node';
import { getDashboard, listDashboardFragments } from '../protocol/dashboard.ts';
import {
  getDemoPlan,
  getDocument,
  getFragment,
  getSample,
  getStudy,
  listFragments,
  listSampleOccurrences,
  listStudies,
  listTrainOccurrences,
  runStudy,
  studyProgress,
} from '../protocol/requests.ts';
import { answering } from './lsp/answering.ts';
import * as dashboards from './lsp/dashboard-queries.ts';
import * as queries from './lsp/study-queries.ts';
import { throttleProgress } from './lsp/throttle-progress.ts';
import { productFolder } from './product-folder.ts';
import { demoPlan } from './study/demo-plan.ts';
import * as studies from './study/run-study.ts';

const connection = createConnection(ProposedFeatures.all);
/** Ends whatever still runs when the client goes away. */
const lifetime = new AbortController();
const on = answering(connection, lifetime.signal);

connection.onInitialize(() => ({ capabilities: { textDocumentSync: TextDocumentSyncKind.None } }));
connection.onShutdown(() => lifetime.abort());
// A client that was killed sends no shutdown: its end of the channel closes.
process.once('disconnect', () => {
  lifetime.abort();
  setTimeout(() => process.exit(0), 1000).unref();
});

on(runStudy, async ({ study, plan, execution }, signal) => {
  const throttled = throttleProgress((progress) => {
    void connection.sendNotification(studyProgress.method, { study, progress });
  });
  return studies.runStudy({ file: study, plan, execution, upTo: 'analyse', signal, report: throttled });
});
on(getDemoPlan, async () => demoPlan(productFolder()));
on(listStudies, async ({ folder }) => queries.listStudies(folder));
on(getStudy, async ({ study }) => queries.getStudy(study));
on(listFragments, async (request) => queries.listFragmentPage(request));
on(getFragment, async ({ study, fingerprint }) => queries.getFragment(study, fingerprint));
on(listTrainOccurrences, async (request) => queries.listTrainPage(request));
on(listSampleOccurrences, async (request) => queries.listSamplePage(request));
on(getSample, async ({ study, sampleId }) => queries.getSample(study, sampleId));
on(getDocument, async ({ study, documentId }, signal) => queries.getDocument(study, documentId, signal));
on(getDashboard, async ({ study }) => dashboards.getDashboard(study));
on(listDashboardFragments, async (request) => dashboards.listDashboardFragments(request));

connection.listen();
