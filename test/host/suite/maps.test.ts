// An extraction map in the tree: paused and resumed where it was, its regions filtered, accepted and looked up as fragments
// are, then deleted.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { commands, window, workspace } from 'vscode';
import { deleteStudy, getDemoPlan } from '../../../protocol/requests.ts';
import type { RegionNode, StudyNode } from '../../../src/tree/tree-node.ts';
import type { StudyChoice } from '../../../src/wizard/study-wizard.ts';
import { childrenOf, parts, progressWhere } from './extension-parts.ts';
import { hostTest } from './host-test.ts';

export const tests = [
  hostTest(
    'pauses a map among its draws, resumes it where it was, and shows what it has by then',
    async () => {
      const { server, runs, tree } = parts();
      const { source } = await server.request(getDemoPlan, {});
      const choice: StudyChoice = {
        kind: 'plan',
        plan: {
          ...{
            model: source.model!,
            corpus: [process.env.VERBATIM_TEST_MAP_CORPUS!],
            prefix: 20,
            suffix: 10,
            stride: 10,
          },
          ...{ examine: 0, calibrate: 1000 },
        },
        folder: root(),
      };
      const first = commands.executeCommand('verbatim.runStudy', choice);
      const isDrawn = progressWhere(
        runs,
        undefined,
        ({ stage, done }) => stage === 'calibrate' && done >= 400,
      );
      await isDrawn;
      await commands.executeCommand('verbatim.pauseStudy');
      await first;
      const map = await mapNode();
      assert.equal(map.summary.state, 'cancelled');
      const item = tree.getTreeItem(map);
      assert.match(item.contextValue ?? '', /canBeResumed/);
      assert.match(String(item.description), /^100 % read · paused · \d+ regions in \d+ windows/);
      assert.doesNotMatch(String(item.tooltip), /scanned/);
      assert.ok((await regions()).length > 0, 'The regions wait for the draws');

      const second = commands.executeCommand('verbatim.resumeStudy', map.study);
      const { resumedFrom } = await progressWhere(runs, map.study, ({ stage }) => stage === 'calibrate');
      assert.ok(resumedFrom > 0 && resumedFrom % 200 === 0, `It goes on from ${resumedFrom}`);
      await commands.executeCommand('verbatim.pauseStudy', map.study);
      await second;
    },
  ),
  hostTest(
    'accepts a region into the baseline, tells it in every order, and leaves it out on demand',
    async () => {
      const [region] = await regions();
      await commands.executeCommand('verbatim.acceptFragment', region, 'known text');
      const { accepted } = JSON.parse(readFileSync(join(root(), '.verbatim-baseline.json'), 'utf8'));
      assert.equal(accepted[region!.region.fingerprint], 'known text');
      const own = (all: readonly RegionNode[]) =>
        all.filter((node) => node.region.fingerprint === region!.region.fingerprint);
      const item = parts().tree.getTreeItem(own(await regions())[0]!);
      assert.match(item.contextValue ?? '', /^region\.isAccepted/);
      assert.match(String(item.description), /^accepted · /);
      const nAll = (await regions()).length;
      await commands.executeCommand('verbatim.filterFragments', { isNew: true });
      const left = await regions();
      assert.ok(left.length > 0 && left.length < nAll);
      assert.deepEqual(own(left), []);
      const [passing] = (await childrenOf(await mapNode(), 'notice')).filter(
        ({ name }) => name === 'passing',
      );
      assert.equal(passing?.text, `${left.length} of ${nAll} pass the filter`);
      await commands.executeCommand('verbatim.filterFragments', { category: 'logic' });
      const names = (await childrenOf(await mapNode(), 'notice')).map(({ name }) => name);
      assert.ok(names.includes('unknown-of-regions'), names.join());
      await commands.executeCommand('verbatim.filterFragments', { fromProbability: 1, path: 'none' });
      const nothing = (await childrenOf(await mapNode(), 'notice')).map(({ name }) => name);
      assert.ok(nothing.includes('filtered') && (await regions()).length === 0);
      await commands.executeCommand('verbatim.clearFilter');
      await commands.executeCommand('verbatim.unacceptFragment', region);
      assert.equal(own(await regions())[0]!.region.isAccepted, false);
    },
  ),
  hostTest('lists the training rows of a region as JSON lines', async () => {
    const [region] = await regions();
    await commands.executeCommand('verbatim.showTrainingRows', region);
    const [row] = window.activeTextEditor!.document.getText().trim().split('\n');
    assert.ok(JSON.parse(row!).fragments.includes(region!.region.fingerprint));
    await parts().server.request(deleteStudy, { study: region!.study });
    await commands.executeCommand('verbatim.refreshStudies');
  }),
];

const root = () => workspace.workspaceFolders![0]!.uri.fsPath;

async function mapNode(): Promise<StudyNode> {
  const roots = await parts().tree.getChildren();
  const map = roots.find(
    (node): node is StudyNode => node.kind === 'study' && node.summary.map !== undefined,
  );
  return map ?? assert.fail('No map is in the tree');
}

/** Those of every document. */
async function regions(): Promise<readonly RegionNode[]> {
  const [byDocument] = await childrenOf(await mapNode(), 'map-view');
  if (byDocument === undefined) return [];
  const groups = await childrenOf(byDocument, 'region-group');
  return (await Promise.all(groups.map((group) => childrenOf(group, 'region')))).flat();
}
