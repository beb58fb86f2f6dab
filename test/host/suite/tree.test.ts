// What the view lists, asked of the tree that VS Code asks.

import assert from 'node:assert/strict';
import { commands, type MarkdownString, type TreeItem, type TreeItemLabel } from 'vscode';
import type { PageRequest } from '../../../protocol/fragments.ts';
import { deleteStudy } from '../../../protocol/requests.ts';
import { labelsOf } from '../../../src/documents/provenance-labels.ts';
import { StudyTree } from '../../../src/tree/study-tree.ts';
import { nodeId, type TreeNode } from '../../../src/tree/tree-node.ts';
import { childrenOf, demoFragments, parts, studyNode } from './extension-parts.ts';
import { hostTest } from './host-test.ts';

export const tests = [
  hostTest('shows the demo study with its counts', async () => {
    const node = await studyNode('demo');
    const item = parts().tree.getTreeItem(node);
    assert.equal(item.contextValue, 'study.complete.canBeDeleted');
    assert.match(String(item.description), /^[\d.]+ % memorised · \d+ fragments in \d+ samples$/);
    assert.deepEqual(await childrenOf(node, 'notice'), []);
  }),
  hostTest('never shows a study that was not scanned as one without results', async () => {
    const node = await studyNode('demo-model');
    const item = parts().tree.getTreeItem(node);
    assert.match(String(item.description), /^\d+ % sampled · paused · not scanned yet/);
    assert.match(item.contextValue ?? '', /canBeResumed/);
    const notices = await childrenOf(node, 'notice');
    assert.deepEqual(
      notices.map(({ name }) => name),
      ['unscanned', 'so-far'],
    );
    assert.equal((await childrenOf(node, 'fragment')).length, 0);
  }),
  hostTest('looks into the samples that a paused study has, and for shorter pieces in them', async () => {
    const [, soFar] = await childrenOf(await studyNode('demo-model'), 'notice');
    await clickOn(soFar!);
    const looked = await studyNode('demo-model-so-far');
    const { nSamples } = (await studyNode('demo-model')).summary;
    // Samples of so few tokens hold no six lines.
    assert.deepEqual([looked.summary.nSamples, looked.summary.nFragments], [nSamples, 0]);
    const [none, closest] = await childrenOf(looked, 'notice');
    assert.deepEqual([none?.name, closest?.name], ['none', 'closest']);
    await clickOn(closest!);
    const shorter = await studyNode('demo-model-so-far-closest');
    assert.deepEqual([shorter.summary.nSamples, shorter.summary.plan.rule.minLines], [nSamples, 3]);
    for (const { study } of [looked, shorter]) await parts().server.request(deleteStudy, { study });
    await commands.executeCommand('verbatim.refreshStudies');
  }),
  hostTest('lists program logic first and the longest first, in rows that can be told apart', async () => {
    const fragments = (await demoFragments()).filter(({ fragment }) => fragment.category === 'logic');
    assert.deepEqual(fragments, (await demoFragments()).slice(0, fragments.length));
    const lengths = fragments.map(({ fragment }) => fragment.nLines);
    assert.deepEqual(
      lengths,
      lengths.toSorted((a, b) => b - a),
    );
    const rows = fragments.map((node) => parts().tree.getTreeItem(node));
    assert.match(String(rows[0]!.label), /^\d+ lines · [\d,]+×$/);
    const { source } = fragments[0]!.fragment;
    const { repository, license } = labelsOf(source!);
    assert.ok(String(rows[0]!.description).includes(`${repository} · ${license}`));
    const names = rows.slice(0, 40).map(({ label, description }) => `${label} ${description}`);
    assert.equal(new Set(names).size, names.length, names.join('\n'));
  }),
  hostTest('shows a fragment with its sources where its row is pointed at', async () => {
    const [node] = await demoFragments();
    const { tree } = parts();
    const item = tree.getTreeItem(node!);
    assert.equal(item.tooltip, undefined, 'what has a tooltip is not asked for one');
    const { tooltip } = await tree.resolveTreeItem(item, node!);
    const { value } = tooltip as MarkdownString;
    assert.match(value, /```\w+\n/);
    assert.ok(value.includes(labelsOf(node!.fragment.source!).repository));
    assert.ok(value.includes(node!.fragment.nLines.toString()));
  }),
  hostTest('pages, and shows more on demand', async () => {
    const study = await studyNode('demo');
    const [more] = await childrenOf(study, 'more');
    assert.ok(more !== undefined && more.total > 200, 'The demo has too few families for this test');
    assert.equal((await demoFragments()).length, 200);
    await commands.executeCommand('verbatim.showMore', more);
    assert.equal((await demoFragments()).length, Math.min(400, more.total));
  }),
  hostTest('shows more by asking for the next page alone', async () => {
    const { server, runs, errors, options } = parts();
    const { study } = await studyNode('demo');
    const asked: unknown[] = [];
    const listening = {
      request: (...[message, params, token]: Parameters<typeof server.request>) => {
        asked.push(params);
        return server.request(message, params, token);
      },
    } as typeof server;
    const location = { folders: () => [], opened: () => [study], baselineFile: () => null };
    const tree = new StudyTree(listening, location as never, runs, errors, options);
    const [root] = await tree.getChildren();
    const before = await tree.getChildren(root);
    const more = before.at(-1);
    assert.equal(more?.kind, 'more');
    tree.showMore(more);
    asked.length = 0;
    const after = await tree.getChildren(root);
    const [page] = asked.filter((params) => 'limit' in (params as object));
    const { offset, limit } = page as PageRequest;
    assert.deepEqual([offset, limit], [200, 200]);
    asked.length = 0;
    assert.deepEqual(after.map(nodeId), (await tree.getChildren(root)).map(nodeId), 'the same at once');
    tree.dispose();
  }),
  hostTest('lists where a fingerprint occurs on both sides', async () => {
    const [fragment] = await demoFragments();
    const [train] = await childrenOf(fragment!, 'train-group');
    const [sample] = await childrenOf(fragment!, 'sample-group');
    const documents = await childrenOf(train!, 'train');
    const samples = await childrenOf(sample!, 'sample');
    assert.equal(documents.length, Math.min(200, fragment!.fragment.train));
    assert.equal(samples.length, Math.min(200, fragment!.fragment.extract));
    for (const node of documents) {
      const { firstLine, lastLine } = node.occurrence;
      const provenance = labelsOf(node.occurrence.provenance);
      assert.notEqual(provenance.repository, '');
      assert.notEqual(provenance.license, '');
      assert.ok(lastLine - firstLine + 1 >= fragment!.fragment.nLines);
      const item = parts().tree.getTreeItem(node);
      assert.ok(provenance.path.endsWith(String(item.label).replace(/:\d+–\d+$/, '')));
      assert.ok(String(item.label).endsWith(`:${firstLine}–${lastLine}`));
      assert.ok(String(item.description).includes(provenance.repository));
      assert.ok(String(item.description).includes(provenance.license));
    }
  }),
  hostTest('gives every node a unique and stable id and something to read aloud', async () => {
    const once = await walk();
    const again = await walk();
    assert.deepEqual(once.map(nodeId), again.map(nodeId));
    assert.equal(new Set(once.map(nodeId)).size, once.length);
    for (const node of once) {
      const item: TreeItem = parts().tree.getTreeItem(node);
      assert.equal(item.id, nodeId(node));
      const label = typeof item.label === 'string' ? item.label : (item.label as TreeItemLabel).label;
      assert.notEqual(label.trim(), '');
    }
  }),
];

/** What VS Code does with a row that is pressed. */
async function clickOn(node: TreeNode): Promise<void> {
  const { command, arguments: args = [] } = parts().tree.getTreeItem(node).command!;
  await commands.executeCommand(command, ...args);
}

/** The whole tree, but only the first fingerprints of each study in depth. */
async function walk(): Promise<readonly TreeNode[]> {
  const { tree } = parts();
  const all: TreeNode[] = [];
  const visit = async (nodes: readonly TreeNode[]) => {
    all.push(...nodes);
    for (const node of nodes.slice(0, 5)) await visit(await tree.getChildren(node));
  };
  await visit(await tree.getChildren());
  return all;
}
