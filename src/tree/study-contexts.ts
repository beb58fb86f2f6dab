// Tells VS Code which commands could do nothing, for the palette, and whether the view will have rows. Nothing is known
// before the first look, and then no command is hidden.

import { commands } from 'vscode';
import type { TreeNode } from './tree-node.ts';

/**
 * What a view without rows shows takes the keyboard, and would leave it nowhere when the rows come: it is not shown where
 * some will.
 */
export function announceExpected(hasStudies: boolean): void {
  set('hasStudies', hasStudies);
}

export function announceStudies(roots: readonly TreeNode[]): void {
  const states = roots.flatMap((root) => (root.kind === 'study' ? [root.summary] : []));
  set('hasStudies', roots.length > 0);
  set('hasNoStudies', states.length === 0);
  set(
    'hasNothingToResume',
    states.every(({ state }) => state === 'complete'),
  );
  const nAnalysed = states.filter(({ nFragments }) => nFragments !== null).length;
  const nMaps = states.filter(({ map }) => map !== undefined).length;
  set('hasNoComparison', Math.max(nAnalysed, nMaps) < 2);
}

const set = (name: string, value: boolean) =>
  void commands.executeCommand('setContext', `verbatim.${name}`, value);
