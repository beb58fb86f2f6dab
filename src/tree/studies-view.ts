// This room's composition root: the view of studies, which is drawn anew with the files, settings and folders that it
// shows, and in which a study's row can be selected.

import { Disposable, type LogOutputChannel, type Memento, type TreeView, window, workspace } from 'vscode';
import type { StudyId } from '../../protocol/study.ts';
import type { ErrorFunnel } from '../error-funnel.ts';
import type { StudyLocation } from '../studies/study-location.ts';
import type { StudyRuns } from '../studies/study-runs.ts';
import type { StudyServer } from '../study-server.ts';
import { revealStudy } from './reveal-study.ts';
import { announceExpected } from './study-contexts.ts';
import { StudyTree } from './study-tree.ts';
import type { TreeNode } from './tree-node.ts';
import { ViewOptions } from './view-options.ts';

export interface StudiesView extends Disposable {
  readonly tree: StudyTree;
  readonly options: ViewOptions;
  readonly refresh: () => void;
  /** Selects the row and moves the keyboard there. */
  readonly reveal: (study: StudyId) => Promise<void>;
  /** Selects the row if the view can be seen. */
  readonly revealQuietly: (study: StudyId) => Promise<'hidden' | 'shown'>;
}

export interface StudiesViewParts {
  readonly server: StudyServer;
  readonly location: StudyLocation;
  readonly runs: StudyRuns;
  readonly errors: ErrorFunnel;
  readonly log: LogOutputChannel;
  readonly memento: Memento;
}

export function studiesView(parts: StudiesViewParts): StudiesView {
  const { server, location, runs, errors, log, memento } = parts;
  const options = new ViewOptions(memento);
  const tree = new StudyTree(server, location, runs, errors, options);
  announceExpected(location.expectsStudies());
  const view = window.createTreeView('verbatim.studies', {
    treeDataProvider: tree,
    showCollapseAll: true,
    canSelectMany: true,
    // While rows are awaited VS Code hides a view without one, and drops the keyboard's focus with it.
    dragAndDropController: { dragMimeTypes: [], dropMimeTypes: [], handleDrag: () => {} },
  });
  showFilter(view, options);
  const refresh = () => tree.refresh();
  const files = workspace.createFileSystemWatcher('**/.verbatim/*.sqlite', false, true, false);
  const all = Disposable.from(
    tree,
    view,
    options,
    options.onDidChange(() => showFilter(view, options)),
    files,
    files.onDidCreate(refresh),
    files.onDidDelete(refresh),
    workspace.onDidChangeConfiguration((event) => {
      const shown = ['verbatim.tree', 'verbatim.sensitive'];
      if (shown.some((setting) => event.affectsConfiguration(setting))) refresh();
    }),
    workspace.onDidChangeWorkspaceFolders(refresh),
    workspace.onDidGrantWorkspaceTrust(refresh),
  );
  return {
    tree,
    options,
    refresh,
    reveal: (study) => revealStudy(tree, view, log, study, 'focused'),
    async revealQuietly(study) {
      if (!view.visible) return 'hidden';
      await revealStudy(tree, view, log, study, 'quiet');
      return 'shown';
    },
    dispose: () => all.dispose(),
  };
}

function showFilter(view: TreeView<TreeNode>, options: ViewOptions): void {
  // An undefined message takes the line away; an empty one would leave it there.
  (view as { message: string | undefined }).message = options.message;
}
