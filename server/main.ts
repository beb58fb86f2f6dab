// The background server: the composition root that binds the protocol's messages to the engine's work.
// It is stateless: every request names a study file, and a restarted server answers the same.

import { createConnection, ProposedFeatures, TextDocumentSyncKind } from 'vscode-languageserver/node';
import { foreign } from '../guard/text/foreign.ts';
import { callTool } from '../protocol/agent-tools.ts';
import { buildIndex, indexProgress } from '../protocol/corpus-index.ts';
import { askContentColumn, estimateMap, estimateStudy, makePlan, readPlan } from '../protocol/plan-file.ts';
import { deleteStudy, getDemoPlan, listStudies, runStudy, studyProgress } from '../protocol/requests.ts';
import { acceptFragments } from '../protocol/views.ts';
import { LEAVING } from './errors.ts';
import { endWithParent } from './guard/end-with-parent.ts';
import { answering } from './lsp/answering.ts';
import { DisclosureSetting } from './lsp/disclosure-setting.ts';
import { throttleProgress } from './lsp/throttle-progress.ts';
import { answerTool } from './mcp/answer-tool.ts';
import { adviseSqlite } from './node-version.ts';
import { demoPlan } from './plan/demo-plan.ts';
import * as plans from './plan/plan-file.ts';
import { productFolder } from './product-folder.ts';
import { studyMessages } from './queries/study-messages.ts';
import { StudyReaders } from './queries/study-readers.ts';
import * as viewQueries from './queries/view-queries.ts';
import * as estimates from './study/estimate-study.ts';
import { questionOfPlan } from './study/plan-question.ts';
import * as studies from './study/run-study.ts';
import { readPrompts } from './study/user-files.ts';

const connection = createConnection(ProposedFeatures.all);
/** Ends whatever still runs when the client goes away. */
const lifetime = new AbortController();
const on = answering(connection, lifetime.signal);

const readers = new StudyReaders();
const disclosureSetting = new DisclosureSetting(connection);
connection.onInitialize(({ capabilities }) => {
  disclosureSetting.learn(capabilities.workspace);
  return { capabilities: { textDocumentSync: TextDocumentSyncKind.None } };
});
connection.onInitialized(() => {
  readers.start();
  const advice = adviseSqlite(process.versions);
  if (advice !== null) connection.console.warn(advice);
});
connection.onShutdown(() => lifetime.abort(LEAVING));
// A client that was killed sends no shutdown: its end of the channel closes.
process.once('disconnect', () => {
  lifetime.abort(LEAVING);
  setTimeout(() => process.exit(0), 1000).unref();
});
// And where work keeps this thread from hearing that.
void endWithParent(2000);

on(runStudy, async ({ study, plan, execution, upTo }, signal) => {
  const throttled = throttleProgress((progress) => {
    void connection.sendNotification(studyProgress.method, { study, progress });
  });
  await readers.refuseUnreadable(study, signal);
  const request = { file: study, plan, execution, signal, report: throttled };
  return studies.runStudy({ ...request, upTo: upTo ?? 'analyse' });
});
on(buildIndex, async (request, signal) => {
  // Whoever builds no index loads none of that.
  const { buildCorpusIndex } = await import('./study/build-corpus-index.ts');
  const { index } = request;
  const report = throttleProgress((progress) => {
    void connection.sendNotification(indexProgress.method, { index, progress });
  });
  return buildCorpusIndex(request, signal, report);
});
on(callTool, async ({ name, given, place, studies }, signal) => {
  const places = { index: place?.index, root: place?.root, studies };
  const { text, isError } = await answerTool(name, given, { readers, places, signal });
  return { answer: foreign(text), isError };
});
on(getDemoPlan, async () => demoPlan(productFolder()));
on(listStudies, async ({ folder }, signal) => readers.listStudies(folder, signal));
for (const { message, lane, disclosure: of } of studyMessages) {
  on<unknown, unknown>(message, async (params, signal) => {
    const disclosure = of === 'chosen' ? await disclosureSetting.read() : 'masked';
    return readers.ask(lane, { method: message.method, params, disclosure, signal });
  });
}
on(deleteStudy, async ({ study }) => viewQueries.deleteStudy(study));
on(acceptFragments, async ({ baseline, fingerprints, reason }) =>
  viewQueries.acceptFragments(baseline, fingerprints, reason),
);
on(makePlan, async ({ plan, folder }) => plans.makePlan(plan, folder, readPrompts));
on(readPlan, async ({ file }) => plans.readPlanFile(file, readPrompts));
on(askContentColumn, async ({ plan }, signal) => questionOfPlan(plan, signal));
on(estimateMap, async ({ plan, execution }, signal) => {
  // What reads and measures is loaded with the first such question.
  const { estimateMap } = await import('./study/maps/estimate-map.ts');
  const { seconds, studyBytes, nWindows } = await estimateMap(plan, execution, signal);
  return { seconds, studyBytes, nWindows };
});
on(estimateStudy, async ({ plan, sizes, speeds }) => estimates.estimateStudy(plan, sizes, speeds));

connection.listen();
