// The extension as the tests see it: its live parts, and its tree.

import assert from 'node:assert/strict';
import { type Extension, extensions } from 'vscode';
import { rawText } from '../../../guard/text/foreign.ts';
import type { Progress } from '../../../protocol/study.ts';
import type { VerbatimParts } from '../../../src/extension.ts';
import { writeSetting } from '../../../src/settings.ts';
import type { StudyRuns } from '../../../src/studies/study-runs.ts';
import type { FragmentNode, StudyNode, TreeNode } from '../../../src/tree/tree-node.ts';

export function extension(): Extension<VerbatimParts> {
  const found = extensions.getExtension<VerbatimParts>('verbatim.verbatim');
  if (found === undefined) throw new Error('The extension is not installed');
  return found;
}

export function parts(): VerbatimParts {
  return extension().exports;
}

export async function studyNode(name: string): Promise<StudyNode> {
  const roots = await parts().tree.getChildren();
  const node = roots.find(
    (root): root is StudyNode => root.kind === 'study' && rawText(root.summary.name) === name,
  );
  if (node === undefined) throw new Error(`No study ${name} in the tree: ${rawText(JSON.stringify(roots))}`);
  return node;
}

export async function childrenOf<Kind extends TreeNode['kind']>(
  node: TreeNode,
  kind: Kind,
): Promise<readonly (TreeNode & { readonly kind: Kind })[]> {
  const children = await parts().tree.getChildren(node);
  return children.filter((child): child is TreeNode & { readonly kind: Kind } => child.kind === kind);
}

export async function demoFragments(): Promise<readonly FragmentNode[]> {
  return childrenOf(await studyNode('demo'), 'fragment');
}

/** Asked for once: the demo's fragments stay what they are. */
const known: { frequent?: Promise<readonly FragmentNode[]> } = {};

/** Each fragment by itself, those that repeat most often first: what leads a family often stands in one place alone. */
export function frequentFragments(): Promise<readonly FragmentNode[]> {
  known.frequent ??= listFrequent();
  return known.frequent;
}

async function listFrequent(): Promise<readonly FragmentNode[]> {
  await writeSetting('tree.groupBy', 'flat');
  await writeSetting('tree.order', 'train');
  try {
    return await demoFragments();
  } finally {
    await writeSetting('tree.groupBy', 'family');
    await writeSetting('tree.order', 'logic');
  }
}

/** The two sides of the comparison that is seen. */
export const comparisonInFront = () => parts().columns.inFront() ?? assert.fail('No comparison is in front');

/** The first progress that is wanted, of a study or of any. */
export function progressWhere(
  runs: StudyRuns,
  study: string | undefined,
  isWanted: (progress: Progress) => boolean,
): Promise<Progress> {
  return new Promise((resolve) => {
    const listener = runs.onDidChange((changed) => {
      const progress = runs.get(study ?? changed)?.progress;
      if (!progress || !isWanted(progress)) return;
      listener.dispose();
      resolve(progress);
    });
  });
}
