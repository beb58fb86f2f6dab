// The studies view in each of its shapes, and what a user adds to it. What it shows is compared with what the whole
// list, fragment by fragment, says.

import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { commands, window, workspace } from 'vscode';
import { rawText } from '../../../guard/text/foreign.ts';
import type { FragmentFilter, Grouping, ListedFragment } from '../../../protocol/views.ts';
import { viewFragments } from '../../../protocol/views.ts';
import { writeSetting } from '../../../src/settings.ts';
import type { FragmentNode } from '../../../src/tree/tree-node.ts';
import { parseWords } from '../../../src/view-commands.ts';
import { childrenOf, demoFragments, parts, studyNode } from './extension-parts.ts';
import { hostTest } from './host-test.ts';

const NO_FILTER: FragmentFilter = {};

export const tests = [
  hostTest('opens with one row a family, and the rest of each family below it', async () => {
    const all = await allFragments();
    const families = new Set(all.map(({ family }) => family));
    const { study } = await studyNode('demo');
    const page = await viewPage(study, 'family');
    assert.equal(page.total, families.size);
    const node = (await demoFragments()).find(({ fragment }) => fragment.nFamily > 1);
    assert.ok(node, 'No family of two or more');
    assert.match(String(parts().tree.getTreeItem(node).description), /\+\d+/);
    const [family] = await childrenOf(node, 'family');
    const others = await childrenOf(family!, 'fragment');
    const members = all.filter((fragment) => fragment.family === node.fragment.family);
    assert.deepEqual(
      [node, ...others].map(({ fragment }) => fragment.fingerprint).sort(),
      members.map(({ fingerprint }) => fingerprint).sort(),
    );
  }),
  hostTest('groups by category, licence, repository and sample, and loses no fragment', async () => {
    const all = await allFragments();
    for (const grouping of ['category', 'licence', 'repository', 'sample'] as const) {
      await writeSetting('tree.groupBy', grouping);
      const clusters = await childrenOf(await studyNode('demo'), 'cluster');
      assert.ok(clusters.length >= 2, grouping);
      const sizes = clusters.map(({ group }) => group.nFragments);
      assert.deepEqual(
        sizes,
        sizes.toSorted((a, b) => b - a),
      );
      const [first] = clusters;
      const members = await childrenOf(first!, 'fragment');
      assert.equal(members.length, Math.min(200, first!.group.nFragments), grouping);
      if (grouping !== 'category') continue;
      assert.equal(
        sizes.reduce((sum, n) => sum + n, 0),
        all.length,
      );
      assert.ok(members.every(({ fragment }) => fragment.category === rawText(first!.group.name)));
    }
    await writeSetting('tree.groupBy', 'flat');
    const study = await studyNode('demo');
    const [more] = await childrenOf(study, 'more');
    assert.equal(more?.total, all.length);
    await writeSetting('tree.groupBy', 'family');
  }),
  hostTest('shows exactly what passes the filter, says so, and never as nothing found', async () => {
    const all = await allFragments();
    const word = 'return';
    const cases: readonly (readonly [FragmentFilter, (f: ListedFragment) => boolean])[] = [
      [{ category: 'logic' }, (f) => f.category === 'logic'],
      [{ isClipped: true }, (f) => f.clipped],
      [{ isSensitive: true }, (f) => f.sensitive.length > 0],
      [{ text: all[3]!.fingerprint.slice(0, 9) }, (f) => f.fingerprint === all[3]!.fingerprint],
    ];
    const { study } = await studyNode('demo');
    for (const [filter, passes] of cases) {
      const page = await viewPage(study, 'flat', filter);
      assert.equal(page.total, all.filter(passes).length, JSON.stringify(filter));
      assert.ok(page.items.every(passes));
    }
    const withWord = await viewPage(study, 'flat', { text: word.toUpperCase() });
    assert.ok(withWord.total > 0 && withWord.total < all.length);

    await commands.executeCommand('verbatim.filterFragments', { category: 'logic' });
    assert.match(parts().options.message ?? '', /logic/);
    const shown = await demoFragments();
    assert.ok(shown.length > 0 && shown.every(({ fragment }) => fragment.category === 'logic'));
    const [passing] = await childrenOf(await studyNode('demo'), 'notice');
    const nLogic = all.filter(({ category }) => category === 'logic').length;
    assert.equal(passing?.text, `${nLogic} of ${all.length} pass the filter`);
    await commands.executeCommand('verbatim.filterFragments', { text: 'no such text anywhere' });
    const notices = await childrenOf(await studyNode('demo'), 'notice');
    assert.deepEqual(
      notices.map(({ name }) => name),
      ['filtered'],
    );
    await commands.executeCommand('verbatim.clearFilter');
    assert.equal(parts().options.message, undefined);
    assert.deepEqual(parseWords('licence:MIT left over words'), {
      license: 'MIT',
      text: 'left over words',
    });
    assert.deepEqual(parseWords('repo:lodash path:src/ kind:licence len:10-20 https://a b'), {
      ...{ repository: 'lodash', path: 'src/', category: 'license', fromLines: 10, toLines: 20 },
      text: 'https://a b',
    });
    assert.deepEqual(parseWords('len:6'), { fromLines: 6, toLines: 6 });
    assert.deepEqual(parseWords('len:6-'), { fromLines: 6 });
    assert.deepEqual(parseWords('kind:unknown'), { text: 'kind:unknown' });
    assert.deepEqual(parseWords('p:0.5'), { fromProbability: 0.5 });
    assert.deepEqual(parseWords('p:1e-3-.5 x'), { fromProbability: 0.001, toProbability: 0.5, text: 'x' });
    assert.deepEqual(parseWords('p:2 p:x'), { text: 'p:2 p:x' });
  }),
  hostTest(
    'accepts a fragment into the baseline of the folder, hides it on demand, takes it out',
    async () => {
      const [node] = await demoFragments();
      const baseline = join(workspace.workspaceFolders![0]!.uri.fsPath, '.verbatim-baseline.json');
      await commands.executeCommand('verbatim.acceptFragment', node, 'a licence header');
      const written = JSON.parse(readFileSync(baseline, 'utf8')) as { accepted: Record<string, string> };
      assert.deepEqual(written.accepted, { [node!.fragment.fingerprint]: 'a licence header' });
      const again = await sameFragment(node!);
      assert.equal(again?.fragment.isAccepted, true);
      const item = parts().tree.getTreeItem(again!);
      assert.match(String(item.description), /accepted/);
      assert.match(item.contextValue ?? '', /isAccepted/);
      const { study } = node!;
      const visible = await viewPage(study, 'flat', { isNew: true }, baseline);
      assert.ok(visible.items.every(({ fingerprint }) => fingerprint !== node!.fragment.fingerprint));
      await commands.executeCommand('verbatim.unacceptFragment', node);
      assert.equal((await sameFragment(node!))?.fragment.isAccepted, false);
      assert.ok(existsSync(baseline));
    },
  ),
  hostTest('labels a fragment by hand, which wins over the rules', async () => {
    const [node] = await demoFragments();
    await commands.executeCommand('verbatim.labelFragment', node, 'imports');
    const labelled = await sameFragment(node!);
    assert.equal(labelled?.fragment.label, 'imports');
    assert.match(String(parts().tree.getTreeItem(labelled!).description), /labelled imports/);
    await commands.executeCommand('verbatim.labelFragment', node, null);
    assert.equal((await sameFragment(node!))?.fragment.label, '');
  }),
  hostTest('lists the training rows of a fragment as JSON lines', async () => {
    const [node] = await demoFragments();
    await commands.executeCommand('verbatim.showTrainingRows', node);
    const text = window.activeTextEditor!.document.getText();
    const rows = text
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { fragments: string[]; repo_name: string });
    assert.equal(rows.length, Math.min(node!.fragment.nDocuments, 1000));
    assert.ok(rows.every(({ fragments }) => fragments.includes(node!.fragment.fingerprint)));
  }),
];

async function allFragments(): Promise<readonly ListedFragment[]> {
  return (await viewPage((await studyNode('demo')).study, 'flat')).items;
}

function viewPage(study: string, grouping: Grouping, filter = NO_FILTER, baseline: string | null = null) {
  return parts().server.request(viewFragments, {
    study,
    grouping,
    group: null,
    filter,
    baseline,
    order: 'train',
    offset: 0,
    limit: 10_000,
  });
}

async function sameFragment({ fragment }: FragmentNode): Promise<FragmentNode | undefined> {
  const fragments = await demoFragments();
  return fragments.find((node) => node.fragment.fingerprint === fragment.fingerprint);
}
