// The extension's composition root: makes the parts, hands them to each other, and registers them for disposal.
// Nothing is started or read here but names of files; the background process starts with the first request.

import { type ExtensionContext, languages, Uri, window } from 'vscode';
import { attributionCommand } from './attribution-command.ts';
import { registerCommands } from './command-map.ts';
import { comparisonCommand } from './dashboard/comparison-command.ts';
import { dashboardCommand } from './dashboard/dashboard-command.ts';
import { Dashboards } from './dashboard/dashboards.ts';
import { FragmentHighlight } from './decorations/fragment-highlight.ts';
import { MarkLenses } from './decorations/mark-lenses.ts';
import { MemorisedLines } from './decorations/memorised-lines.ts';
import { TextMarks } from './decorations/text-marks.ts';
import type { SideBySide } from './documents/side-by-side.ts';
import { studyDocuments } from './documents/study-documents.ts';
import { ErrorFunnel } from './error-funnel.ts';
import { findMemorisedCommand } from './find-memorised-command.ts';
import { fragmentCommands } from './fragment-commands.ts';
import { heatMaps } from './heat-map/heat-maps.ts';
import type { HeatPaint } from './heat-map/heat-paint.ts';
import type { HeatTexts } from './heat-map/heat-texts.ts';
import type { AgentParts } from './live/agents.ts';
import { liveAnswers } from './live/live-answers.ts';
import type { LiveIndex } from './live/live-index.ts';
import type { LiveStatus } from './live/live-status.ts';
import { providerCommands } from './provider-commands.ts';
import { saveCommands } from './save-commands.ts';
import { SearchCount } from './search-count.ts';
import { MeasuredSpeeds } from './studies/measured-speeds.ts';
import { resumeInterrupted } from './studies/resume-interrupted.ts';
import { RunStatus } from './studies/run-status.ts';
import { StudyLocation } from './studies/study-location.ts';
import { StudyRuns } from './studies/study-runs.ts';
import { studyCommands } from './study-commands.ts';
import { StudyServer } from './study-server.ts';
import { studiesView } from './tree/studies-view.ts';
import type { StudyTree } from './tree/study-tree.ts';
import type { ViewOptions } from './tree/view-options.ts';
import { NamedPlaces } from './trust/named-places.ts';
import { WorkspaceGate } from './trust/workspace-gate.ts';
import { viewCommands } from './view-commands.ts';
import { LastAnswers } from './wizard/last-answers.ts';
import { planCommands } from './wizard/plan-commands.ts';
import { PLAN_FILES, PlanLenses } from './wizard/plan-lenses.ts';
import { StudyWizard } from './wizard/study-wizard.ts';

/** The live parts, for the tests in the real editor. Other extensions have no use for them. */
export interface VerbatimParts {
  readonly server: StudyServer;
  readonly runs: StudyRuns;
  readonly tree: StudyTree;
  readonly options: ViewOptions;
  readonly memorisedLines: MemorisedLines;
  readonly marks: TextMarks;
  readonly lenses: MarkLenses;
  readonly highlight: FragmentHighlight;
  readonly dashboards: Dashboards;
  readonly columns: SideBySide;
  readonly heatTexts: HeatTexts;
  readonly heatPaint: HeatPaint;
  readonly errors: ErrorFunnel;
  readonly live: LiveIndex;
  readonly liveStatus: LiveStatus;
  readonly agents: AgentParts;
}

export function activate(context: ExtensionContext): VerbatimParts {
  const { globalState, workspaceState, extensionPath } = context;
  const storage = context.globalStorageUri.fsPath;
  const dist = Uri.joinPath(context.extensionUri, 'dist');
  const log = window.createOutputChannel('Verbatim', { log: true });
  const errors = new ErrorFunnel(log, context.extension.id);
  const gate = new WorkspaceGate([storage, extensionPath]);
  const server = new StudyServer(extensionPath, log, gate);
  const location = new StudyLocation(storage, workspaceState, gate);
  const speeds = new MeasuredSpeeds(server, globalState);
  const named = new NamedPlaces(globalState);
  const runs = new StudyRuns(server, workspaceState, gate, named);
  const view = studiesView({ server, location, runs, errors, log, memento: workspaceState });
  const { tree, options, reveal, revealQuietly, refresh } = view;
  const marks = new TextMarks(server);
  const live = liveAnswers({ context, server, marks, location, errors });
  const documents = studyDocuments({ server, location, gate, marks, ofIndex: live.texts });
  const { comparisons, files, columns } = documents;
  const memorisedLines = new MemorisedLines(marks, errors);
  const lenses = new MarkLenses(marks);
  const highlight = new FragmentHighlight(comparisons, errors);
  const heat = heatMaps({ server, gate, errors, files, columns });
  const searchCount = new SearchCount();
  const wizard = new StudyWizard(server, location, new LastAnswers(globalState), speeds);
  const dashboards = new Dashboards({ server, errors, dist, reveal }, runs);
  const ofStudies = { server, location, runs, gate, named, errors, wizard, reveal, revealQuietly, refresh };
  const studies = studyCommands(ofStudies);
  const findMemorised = findMemorisedCommand(server, location, marks, searchCount);

  context.subscriptions.push(
    log,
    server,
    runs,
    view,
    memorisedLines,
    marks,
    lenses,
    highlight,
    dashboards,
    searchCount,
    live,
    new RunStatus(runs),
    documents,
    heat,
    languages.registerCodeLensProvider({ scheme: '*' }, lenses),
    languages.registerCodeLensProvider(PLAN_FILES, new PlanLenses()),
    registerCommands(
      {
        ...studies,
        ...dashboardCommand(dashboards, server, location, columns),
        ...viewCommands(tree, documents.texts, options, log),
        ...findMemorised,
        ...heat.commands,
        ...fragmentCommands(server, location, refresh),
        ...saveCommands({ server, location, options }),
        ...attributionCommand(marks, findMemorised['verbatim.findMemorised']),
        ...comparisonCommand(server, location, dist, errors, columns),
        ...live.commands,
        ...planCommands(),
        ...providerCommands(extensionPath),
        'verbatim.restartServer': () => server.restart(),
      },
      errors,
    ),
    runs.onDidEnd((ended) => void errors.run(() => speeds.learn(ended))),
  );
  if (runs.interrupted().length > 0) {
    void errors.run(() => resumeInterrupted(server, gate, runs, studies['verbatim.resumeStudy']));
  }
  return {
    server,
    runs,
    tree,
    options,
    memorisedLines,
    marks,
    lenses,
    highlight,
    dashboards,
    columns,
    heatTexts: heat.texts,
    heatPaint: heat.paint,
    errors,
    live: live.index,
    liveStatus: live.status,
    agents: live.agents,
  };
}
