// Selects a study's row. VS Code refuses a row that it has not drawn yet, which a study that has just begun or ended may
// not be: it is tried again, and given up in the end, since nothing is lost by it.

import type { LogOutputChannel, TreeView } from 'vscode';
import { forLog } from '../../guard/text/for-log.ts';
import type { StudyId } from '../../protocol/study.ts';
import type { StudyTree } from './study-tree.ts';
import type { TreeNode } from './tree-node.ts';

const TRIES = 5;
const PAUSE_MS = 200;

export async function revealStudy(
  tree: Pick<StudyTree, 'find'>,
  view: Pick<TreeView<TreeNode>, 'reveal'>,
  log: Pick<LogOutputChannel, 'warn'>,
  study: StudyId,
  focus: boolean,
): Promise<void> {
  for (let n = 1; n <= TRIES; n++) {
    const node = await tree.find(study);
    if (node === undefined) return;
    try {
      return await view.reveal(node, { select: true, focus, expand: true });
    } catch (error) {
      if (n === TRIES) log.warn(forLog(`The row of a study could not be selected: ${String(error)}`));
    }
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
  }
}
