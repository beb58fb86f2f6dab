// The extension's composition root: makes the parts, hands them to each other, and registers them for disposal.
// Nothing is started or read here; the background process starts with the first request.

import { type ExtensionContext, Uri, window, workspace } from 'vscode';
import type { StudyId } from '../protocol/study.ts';
import { registerCommands } from './command-map.ts';
import { dashboardCommand } from './dashboard/dashboard-command.ts';
import { Dashboards } from './dashboard/dashboards.ts';
import { FragmentHighlight } from './decorations/fragment-highlight.ts';
import { MemorisedLines } from './decorations/memorised-lines.ts';
import { OpenTexts } from './documents/open-texts.ts';
import { StudyTexts } from './documents/study-texts.ts';
import { SAMPLE_SCHEME, TRAIN_SCHEME } from './documents/text-ref.ts';
import { ErrorFunnel } from './error-funnel.ts';
import { RunStatus } from './studies/run-status.ts';
import { StudyLocation } from './studies/study-location.ts';
import { StudyRuns } from './studies/study-runs.ts';
import { studyCommands } from './study-commands.ts';
import { StudyServer } from './study-server.ts';
import { StudyTree } from './tree/study-tree.ts';
import { viewCommands } from './view-commands.ts';

/** The live parts, for the tests in the real editor. Other extensions have no use for them. */
export interface VerbatimParts {
  readonly server: StudyServer;
  readonly runs: StudyRuns;
  readonly tree: StudyTree;
  readonly memorisedLines: MemorisedLines;
  readonly errors: ErrorFunnel;
}

export function activate(context: ExtensionContext): VerbatimParts {
  const log = window.createOutputChannel('Verbatim', { log: true });
  const errors = new ErrorFunnel(log, context.extension.id);
  const server = new StudyServer(context.extensionPath, log);
  const location = new StudyLocation(context.globalStorageUri.fsPath, context.workspaceState);
  const runs = new StudyRuns(server);
  const tree = new StudyTree(server, location, runs, errors);
  const view = window.createTreeView('verbatim.studies', { treeDataProvider: tree, showCollapseAll: true });
  const texts = new StudyTexts(server, location);
  const memorisedLines = new MemorisedLines(server, errors);
  const select = async (study: StudyId, focus: boolean) => {
    const node = await tree.find(study);
    if (node !== undefined) await view.reveal(node, { select: true, focus, expand: true });
  };
  const reveal = (study: StudyId) => select(study, true);
  const revealQuietly = async (study: StudyId) => {
    if (!view.visible) return 'hidden';
    await select(study, false);
    return 'shown';
  };
  const refresh = () => tree.refresh();
  const dist = Uri.joinPath(context.extensionUri, 'dist');
  const dashboards = new Dashboards({ server, errors, dist, reveal }, runs);
  const studyFiles = workspace.createFileSystemWatcher('**/.verbatim/*.sqlite', false, true, false);

  context.subscriptions.push(
    log,
    server,
    runs,
    tree,
    view,
    memorisedLines,
    new FragmentHighlight(),
    dashboards,
    new RunStatus(runs),
    workspace.registerTextDocumentContentProvider(SAMPLE_SCHEME, texts),
    workspace.registerTextDocumentContentProvider(TRAIN_SCHEME, texts),
    registerCommands(
      {
        ...studyCommands({ server, location, runs, errors, reveal, revealQuietly, refresh }),
        ...dashboardCommand(dashboards, server, location),
        ...viewCommands(tree, new OpenTexts(server, texts), log),
      },
      errors,
    ),
    studyFiles,
    studyFiles.onDidCreate(refresh),
    studyFiles.onDidDelete(refresh),
    workspace.onDidChangeConfiguration((event) => {
      if (event.affectsConfiguration('verbatim.tree')) refresh();
    }),
    workspace.onDidChangeWorkspaceFolders(refresh),
    workspace.onDidGrantWorkspaceTrust(refresh),
  );
  return { server, runs, tree, memorisedLines, errors };
}
