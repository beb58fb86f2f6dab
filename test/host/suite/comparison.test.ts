// The comparison: two texts that agree on the fragment's lines, both shown there.

import assert from 'node:assert/strict';
import { commands, FilePermission, TabInputTextDiff, type TextEditor, Uri, window, workspace } from 'vscode';
import { rawText } from '../../../guard/text/foreign.ts';
import { getFragment } from '../../../protocol/requests.ts';
import { lineRange } from '../../../src/documents/line-range.ts';
import type { ShownPair } from '../../../src/documents/side-by-side.ts';
import { parseTextUri, sampleUri } from '../../../src/documents/text-ref.ts';
import type { FragmentNode } from '../../../src/tree/tree-node.ts';
import { childrenOf, comparisonInFront, frequentFragments, parts } from './extension-parts.ts';
import { eventually, hostTest } from './host-test.ts';

export const tests = [
  hostTest('opens a fragment as two texts beside each other that agree on its lines', async () => {
    const fragments = await frequentFragments();
    for (const node of [fragments[0]!, fragments.at(-1)!]) {
      await commands.executeCommand('verbatim.compareFragment', node);
      await checkSides(node);
    }
  }),
  hostTest('opens each occurrence of a fingerprint beside a sample', async () => {
    const [node] = (await frequentFragments()).filter(({ fragment }) => fragment.nDocuments > 1);
    const [group] = await childrenOf(node!, 'train-group');
    const occurrences = await childrenOf(group!, 'train');
    const last = occurrences.at(-1)!;
    await commands.executeCommand('verbatim.compareFragment', last);
    const { right } = await checkSides(node!);
    assert.equal(parseTextUri(right)?.id, last.occurrence.documentId);
  }),
  hostTest('steps through the places of a fragment, and around the end', async () => {
    const [node] = (await frequentFragments()).filter(({ fragment }) => fragment.nDocuments > 2);
    const [group] = await childrenOf(node!, 'train-group');
    const places = await childrenOf(group!, 'train');
    const shown = () => {
      const { id, highlight } = parseTextUri(comparisonInFront().right)!;
      return `${id}:${highlight!.firstLine}`;
    };
    const names = places.map(({ occurrence }) => `${occurrence.documentId}:${occurrence.firstLine}`);
    await commands.executeCommand('verbatim.compareFragment', places[0]);
    assert.equal(shown(), names[0]);
    await commands.executeCommand('verbatim.nextOccurrence');
    assert.equal(shown(), names[1]);
    await commands.executeCommand('verbatim.previousOccurrence');
    await commands.executeCommand('verbatim.previousOccurrence');
    assert.equal(shown(), names.at(-1));
  }),
  hostTest('says above a comparison where the text is from and how often it occurs', async () => {
    const [node] = await frequentFragments();
    const [group] = await childrenOf(node!, 'train-group');
    const [place] = await childrenOf(group!, 'train');
    await commands.executeCommand('verbatim.compareFragment', place);
    const { right } = comparisonInFront();
    const editor = await eventually('the document', () => editorOf(right));
    const header = await eventually('its header', () => parts().highlight.header(editor.document));
    const { repository, path, license, row } = place!.occurrence.provenance;
    const named = [repository, path, license].map(rawText);
    for (const part of [...named, `row ${row}`, `${node!.fragment.train}× in the training data`]) {
      assert.ok(header.includes(part), `${part} is not in ${header}`);
    }
  }),
  hostTest('stands in two columns, however often it is opened, and scrolls them together', async () => {
    const [first, second] = await frequentFragments();
    for (const node of [first, second, first]) {
      await commands.executeCommand('verbatim.compareFragment', node);
      assert.deepEqual(
        window.tabGroups.all.map(({ viewColumn }) => viewColumn),
        [1, 2],
      );
    }
    const { left, right } = comparisonInFront();
    const [one, other] = [left, right].map((uri) => editorOf(uri)!);
    const offset = parseTextUri(right)!.highlight!.firstLine - parseTextUri(left)!.highlight!.firstLine;
    const topOf = (editor: TextEditor) => editor.visibleRanges[0]!.start.line;
    await eventually('the same height', () => topOf(other!) - topOf(one!) === offset || undefined);
    await commands.executeCommand('verbatim.showDifferences');
    const { activeTab } = window.tabGroups.activeTabGroup;
    assert.ok(activeTab?.input instanceof TabInputTextDiff);
    await commands.executeCommand('workbench.action.closeActiveEditor');
  }),
  hostTest('shows every place of a fragment in one editor', async () => {
    const [node] = (await frequentFragments()).filter(({ fragment }) => fragment.nDocuments > 2);
    await commands.executeCommand('verbatim.compareAllOccurrences', node);
    const tab = await eventually('the editor', () => {
      const { activeTab } = window.tabGroups.activeTabGroup;
      return /occurrences of/.test(activeTab?.label ?? '') ? activeTab : undefined;
    });
    assert.match(tab.label, new RegExp(`^${Math.min(50, node!.fragment.train)} occurrences of`));
    // One heading above both sides, with no name struck through.
    const paths = (scheme: string) =>
      workspace.textDocuments.filter(({ uri }) => uri.scheme === scheme).map(({ uri }) => uri.path);
    await eventually('both sides of one name', () => {
      const samples = new Set(paths('verbatim-sample'));
      return paths('verbatim-train').some((path) => samples.has(path)) || undefined;
    });
    await commands.executeCommand('workbench.action.closeActiveEditor');
  }),
  hostTest('keeps texts apart that share a name, and lets nobody write them', async () => {
    const samples = (await frequentFragments())
      .slice(0, 20)
      .map(async (node) => (await childrenOf((await childrenOf(node, 'sample-group'))[0]!, 'sample'))[0]!);
    const [first, second] = await Promise.all(samples);
    const uris = [first!, second!].map(({ study, occurrence }) =>
      sampleUri(study, occurrence.sampleId, null),
    );
    const stats = await Promise.all(uris.map((uri) => workspace.fs.stat(uri)));
    const bytes = await Promise.all(uris.map((uri) => workspace.fs.readFile(uri)));
    for (const [i, { size, permissions }] of stats.entries()) {
      assert.equal(size, bytes[i]!.length);
      assert.equal(permissions, FilePermission.Readonly);
    }
    await assert.rejects(async () => workspace.fs.writeFile(uris[0]!, new Uint8Array()));
    await assert.rejects(async () => workspace.fs.stat(Uri.parse('verbatim-sample:/nothing?study=/no&id=1')));
  }),
  hostTest('opens a training document alone, at the fragment', async () => {
    const [node] = await frequentFragments();
    const [group] = await childrenOf(node!, 'train-group');
    const [first] = await childrenOf(group!, 'train');
    await commands.executeCommand('verbatim.openDocument', first);
    const editor = window.activeTextEditor!;
    assert.equal(editor.document.uri.scheme, 'verbatim-train');
    await eventually('the fragment is in view', () => isShown(editor, first!.occurrence) || undefined);
  }),
];

async function checkSides(node: FragmentNode): Promise<ShownPair> {
  const pair = comparisonInFront();
  const { left, right } = pair;
  assert.equal(left.scheme, 'verbatim-sample');
  assert.equal(right.scheme, 'verbatim-train');
  const { text } = await parts().server.request(getFragment, {
    study: node.study,
    fingerprint: node.fragment.fingerprint,
  });
  assert.equal(await highlightedText(left), text);
  assert.equal(await highlightedText(right), text);
  for (const uri of [left, right]) {
    // What the editor's checkers know would have its errors listed: a sample may end anywhere.
    await eventually(
      'a language that nobody checks',
      () => /^verbatim-(java|type)script/.test(languageOf(uri)) || undefined,
    );
    assert.ok(
      !decodeURIComponent(uri.toString()).includes(rawText(node.fragment.firstLine)),
      'Text in the URI',
    );
    const editor = await eventually(`an editor of ${uri}`, () => editorOf(uri));
    await eventually(
      'the fragment is in view',
      () => isShown(editor, parseTextUri(uri)!.highlight!) || undefined,
    );
  }
  return pair;
}

/** The text that profile `exact-1` sees: lines without the blanks around them, and no empty ones. */
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
