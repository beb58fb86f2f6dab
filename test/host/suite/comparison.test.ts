// The comparison: two texts that agree on the fragment's lines, both shown there.

import assert from 'node:assert/strict';
import { commands, TabInputTextDiff, type TextEditor, type Uri, window, workspace } from 'vscode';
import { getFragment } from '../../../protocol/requests.ts';
import { lineRange } from '../../../src/documents/line-range.ts';
import { parseTextUri } from '../../../src/documents/text-ref.ts';
import type { FragmentNode } from '../../../src/tree/tree-node.ts';
import { childrenOf, demoFragments, parts } from './extension-parts.ts';
import { eventually, hostTest } from './host-test.ts';

export const tests = [
  hostTest('opens a fingerprint as a diff whose sides agree on its lines', async () => {
    const fragments = await demoFragments();
    for (const node of [fragments[0]!, fragments.at(-1)!]) {
      await commands.executeCommand('verbatim.compareFragment', node);
      await checkDiff(node);
    }
  }),
  hostTest('opens each occurrence of a fingerprint beside a sample', async () => {
    const [node] = (await demoFragments()).filter(({ fragment }) => fragment.nDocuments > 1);
    const [group] = await childrenOf(node!, 'train-group');
    const occurrences = await childrenOf(group!, 'train');
    const last = occurrences.at(-1)!;
    await commands.executeCommand('verbatim.compareFragment', last);
    const { modified } = await checkDiff(node!);
    assert.equal(parseTextUri(modified)?.id, last.occurrence.documentId);
  }),
  hostTest('opens a training document alone, at the fragment', async () => {
    const [node] = await demoFragments();
    const [group] = await childrenOf(node!, 'train-group');
    const [first] = await childrenOf(group!, 'train');
    await commands.executeCommand('verbatim.openDocument', first);
    const editor = window.activeTextEditor!;
    assert.equal(editor.document.uri.scheme, 'verbatim-train');
    assert.ok(isShown(editor, first!.occurrence));
  }),
];

async function checkDiff(node: FragmentNode): Promise<TabInputTextDiff> {
  const input = window.tabGroups.activeTabGroup.activeTab?.input;
  assert.ok(input instanceof TabInputTextDiff, 'The active tab is no diff');
  const { original, modified } = input;
  assert.equal(original.scheme, 'verbatim-sample');
  assert.equal(modified.scheme, 'verbatim-train');
  const { text } = await parts().server.request(getFragment, {
    study: node.study,
    fingerprint: node.fragment.fingerprint,
  });
  assert.equal(await highlightedText(original), text);
  assert.equal(await highlightedText(modified), text);
  assert.equal(languageOf(original), languageOf(modified));
  assert.match(languageOf(modified), /^(java|type)script/);
  for (const uri of [original, modified]) {
    assert.ok(!decodeURIComponent(uri.toString()).includes(node.fragment.firstLine), 'Text in the URI');
    const editor = await eventually(`an editor of ${uri}`, () => editorOf(uri));
    await eventually(
      'the fragment is in view',
      () => isShown(editor, parseTextUri(uri)!.highlight!) || undefined,
    );
  }
  return input;
}

/** As profile `exact-1` sees it: lines without the blanks around them, and no empty ones. */
async function highlightedText(uri: Uri): Promise<string> {
  const document = await workspace.openTextDocument(uri);
  const { highlight } = parseTextUri(uri)!;
  const lines = document.getText(lineRange(highlight!)).split(/\r\n|\r|\n/);
  return lines
    .map((line) => line.trim())
    .filter((line) => line !== '')
    .join('\n');
}

function languageOf(uri: Uri): string {
  return workspace.textDocuments.find((document) => document.uri.toString() === uri.toString())!.languageId;
}

function editorOf(uri: Uri): TextEditor | undefined {
  return window.visibleTextEditors.find(({ document }) => document.uri.toString() === uri.toString());
}

function isShown(
  editor: TextEditor,
  lines: { readonly firstLine: number; readonly lastLine: number },
): boolean {
  return editor.visibleRanges.some((range) => range.intersection(lineRange(lines)) !== undefined);
}
