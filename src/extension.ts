// The extension's composition root: makes the parts, hands them to each other, and registers them for disposal.
// Nothing is started or read here but names of files; the background process starts with the first request.

import { type ExtensionContext, languages, Uri, window, workspace } from 'vscode';
import type { StudyId } from '../protocol/study.ts';
import { attributionCommand } from './attribution-command.ts';
import { registerCommands } from './command-map.ts';
import { comparisonCommand } from './dashboard/comparison-command.ts';
import { dashboardCommand } from './dashboard/dashboard-command.ts';
import { Dashboards } from './dashboard/dashboards.ts';
import { FragmentHighlight } from './decorations/fragment-highlight.ts';
import { MarkLenses } from './decorations/mark-lenses.ts';
import { MemorisedLines } from './decorations/memorised-lines.ts';
import { TextMarks } from './decorations/text-marks.ts';
import { ComparisonContext } from './documents/comparison-context.ts';
import { Comparisons } from './documents/comparisons.ts';
import { OpenTexts } from './documents/open-texts.ts';
import { quietLanguages } from './documents/quiet-languages.ts';
import { SideBySide } from './documents/side-by-side.ts';
import { StudyFiles } from './documents/study-files.ts';
import { StudyTexts } from './documents/study-texts.ts';
import { SAMPLE_SCHEME, SOURCE_SCHEME, TRAIN_SCHEME } from './documents/text-ref.ts';
import { ErrorFunnel } from './error-funnel.ts';
import { findMemorisedCommand } from './find-memorised-command.ts';
import { fragmentCommands } from './fragment-commands.ts';
import { HeatHovers } from './heat-map/heat-hovers.ts';
import { HeatPaint } from './heat-map/heat-paint.ts';
import { HeatStatus } from './heat-map/heat-status.ts';
import { HeatTexts } from './heat-map/heat-texts.ts';
import { mapCommands } from './heat-map/map-commands.ts';
import { type AgentParts, offerToAgents } from './live/agents.ts';
import { chooseIndexCommand } from './live/choose-index.ts';
import { IndexedTexts } from './live/indexed-texts.ts';
import { LiveIndex } from './live/live-index.ts';
import { LiveProblems } from './live/live-problems.ts';
import { LiveStatus } from './live/live-status.ts';
import { MATCH_ACTIONS, MatchActions } from './live/match-actions.ts';
import { matchCommands } from './live/match-commands.ts';
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
import { revealStudy } from './tree/reveal-study.ts';
import { announceExpected } from './tree/study-contexts.ts';
import { StudyTree } from './tree/study-tree.ts';
import { ViewOptions } from './tree/view-options.ts';
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
  const log = window.createOutputChannel('Verbatim', { log: true });
  const errors = new ErrorFunnel(log, context.extension.id);
  const gate = new WorkspaceGate([context.globalStorageUri.fsPath, context.extensionPath]);
  const server = new StudyServer(context.extensionPath, log, gate);
  const location = new StudyLocation(context.globalStorageUri.fsPath, context.workspaceState, gate);
  const speeds = new MeasuredSpeeds(server, context.globalState);
  const named = new NamedPlaces(context.globalState);
  const runs = new StudyRuns(server, context.workspaceState, gate, named);
  const options = new ViewOptions(context.workspaceState);
  const tree = new StudyTree(server, location, runs, errors, options);
  announceExpected(location.expectsStudies());
  const view = window.createTreeView('verbatim.studies', {
    treeDataProvider: tree,
    showCollapseAll: true,
    canSelectMany: true,
    // While rows are awaited VS Code hides a view without one, and drops the keyboard's focus with it.
    dragAndDropController: { dragMimeTypes: [], dropMimeTypes: [], handleDrag: () => {} },
  });
  const comparisons = new Comparisons(server, gate);
  const marks = new TextMarks(server);
  const live = new LiveIndex({ server, marks, location, errors });
  const liveStatus = new LiveStatus(live, marks);
  const ofStudies = new StudyTexts(server, comparisons, location, gate);
  const ofIndex = new IndexedTexts(server, live);
  const files = new StudyFiles({
    load: (uri) => (uri.scheme === SOURCE_SCHEME ? ofIndex : ofStudies).load(uri),
  });
  const readonly = { isReadonly: true, isCaseSensitive: true };
  const memorisedLines = new MemorisedLines(marks, errors);
  const lenses = new MarkLenses(marks);
  const highlight = new FragmentHighlight(comparisons, errors);
  const columns = new SideBySide();
  const heatTexts = new HeatTexts(server, gate, errors);
  const heatPaint = new HeatPaint(heatTexts, errors);
  const searchCount = new SearchCount();
  const wizard = new StudyWizard(server, location, new LastAnswers(context.globalState), speeds);
  const reveal = (study: StudyId) => revealStudy(tree, view, log, study, true);
  const revealQuietly = async (study: StudyId) => {
    if (!view.visible) return 'hidden';
    await revealStudy(tree, view, log, study, false);
    return 'shown';
  };
  const refresh = () => tree.refresh();
  const dist = Uri.joinPath(context.extensionUri, 'dist');
  const agents: AgentParts = {
    server,
    live,
    extensionPath: context.extensionPath,
    version: context.extension.packageJSON.version,
    studies: () => location.studiesFolder(),
  };
  const dashboards = new Dashboards({ server, errors, dist, reveal }, runs);
  const showFilter = () => {
    // An undefined message takes the line away; an empty one would leave it there.
    (view as { message: string | undefined }).message = options.message;
  };
  showFilter();
  const studyCommandMap = studyCommands({
    server,
    location,
    runs,
    gate,
    named,
    errors,
    wizard,
    reveal,
    revealQuietly,
    refresh,
  });
  const findMemorised = findMemorisedCommand(server, location, marks, searchCount);
  const studyFiles = workspace.createFileSystemWatcher('**/.verbatim/*.sqlite', false, true, false);

  context.subscriptions.push(
    log,
    server,
    runs,
    tree,
    view,
    memorisedLines,
    options,
    marks,
    lenses,
    highlight,
    dashboards,
    searchCount,
    live,
    liveStatus,
    new LiveProblems(marks),
    offerToAgents(agents),
    new RunStatus(runs),
    columns,
    quietLanguages(),
    new ComparisonContext(columns),
    heatTexts,
    heatPaint,
    new HeatStatus(heatTexts),
    languages.registerHoverProvider({ scheme: TRAIN_SCHEME }, new HeatHovers(heatTexts)),
    workspace.registerFileSystemProvider(SAMPLE_SCHEME, files, readonly),
    workspace.registerFileSystemProvider(TRAIN_SCHEME, files, readonly),
    workspace.registerFileSystemProvider(SOURCE_SCHEME, files, readonly),
    languages.registerCodeLensProvider({ scheme: '*' }, lenses),
    languages.registerCodeActionsProvider({ scheme: '*' }, new MatchActions(marks), MATCH_ACTIONS),
    languages.registerCodeLensProvider(PLAN_FILES, new PlanLenses()),
    registerCommands(
      {
        ...studyCommandMap,
        ...dashboardCommand(dashboards, server, location, columns),
        ...viewCommands(tree, new OpenTexts(server, comparisons, files, marks, columns), options, log),
        ...findMemorised,
        ...mapCommands({ server, files, texts: heatTexts, columns, gate }),
        ...fragmentCommands(server, location, refresh),
        ...saveCommands({ server, location, options }),
        ...attributionCommand(marks, findMemorised['verbatim.findMemorised']),
        ...comparisonCommand(server, location, dist, errors, columns),
        ...chooseIndexCommand(server, context.globalStorageUri.fsPath),
        ...matchCommands({ server, location, marks, live }),
        ...planCommands(),
        ...providerCommands(context.extensionPath),
        'verbatim.restartServer': () => server.restart(),
      },
      errors,
    ),
    options.onDidChange(showFilter),
    runs.onDidEnd((ended) => void errors.run(() => speeds.learn(ended))),
    studyFiles,
    studyFiles.onDidCreate(refresh),
    studyFiles.onDidDelete(refresh),
    workspace.onDidChangeConfiguration((event) => {
      if (event.affectsConfiguration('verbatim.sensitive')) files.readAgain();
      if (event.affectsConfiguration('verbatim.tree') || event.affectsConfiguration('verbatim.sensitive')) {
        refresh();
      }
    }),
    workspace.onDidChangeWorkspaceFolders(refresh),
    workspace.onDidGrantWorkspaceTrust(refresh),
  );
  const resume = (study: StudyId) => studyCommandMap['verbatim.resumeStudy'](study);
  if (runs.interrupted().length > 0) {
    void errors.run(() => resumeInterrupted(server, gate, runs, resume));
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
    heatTexts,
    heatPaint,
    errors,
    live,
    liveStatus,
    agents,
  };
}
