// Selects a study's row. VS Code refuses a row that it has not drawn yet, which a study that has just begun or ended may
// not be: it is tried again, and given up in the end, since nothing is lost by it. Whoever is to be led there has gone on
// soon; a row that is selected and opened quietly may come as late as a busy window draws it.

import type { LogOutputChannel, TreeView } from 'vscode';
import { forLog } from '../../guard/text/for-log.ts';
import type { StudyId } from '../../protocol/study.ts';
import type { StudyTree } from './study-tree.ts';
import type { TreeNode } from './tree-node.ts';

const TRIES = { focused: 5, quiet: 50 } as const;
const PAUSE_MS = 200;

export async function revealStudy(
  tree: Pick<StudyTree, 'find'>,
  view: Pick<TreeView<TreeNode>, 'reveal'>,
  log: Pick<LogOutputChannel, 'warn'>,
  study: StudyId,
  how: keyof typeof TRIES,
): Promise<void> {
  const nTries = TRIES[how];
  for (let n = 1; n <= nTries; n++) {
    const node = await tree.find(study);
    if (node === undefined) return;
    try {
      return await view.reveal(node, { select: true, focus: how === 'focused', expand: true });
    } catch (error) {
      if (n === nTries) log.warn(forLog(`The row of a study could not be selected: ${String(error)}`));
    }
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
  }
}
