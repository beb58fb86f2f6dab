// Tells VS Code which commands could do nothing, for the palette. Nothing is known before the first look, and then
// none is hidden.

import { commands } from 'vscode';
import type { TreeNode } from './tree-node.ts';

export function announceStudies(roots: readonly TreeNode[]): void {
  const states = roots.flatMap((root) => (root.kind === 'study' ? [root.summary] : []));
  const set = (name: string, value: boolean) =>
    void commands.executeCommand('setContext', `verbatim.${name}`, value);
  set(
    'hasNoStudies',
    roots.every(({ kind }) => kind !== 'study'),
  );
  set(
    'hasNothingToResume',
    states.every(({ state }) => state === 'complete'),
  );
  set('hasNoComparison', states.filter(({ nFragments }) => nFragments !== null).length < 2);
}
