// The dashboard's tab and its figures, as the extension sees them. What is in the tab is tested from outside
// (test/e2e/dashboard.test.ts): an extension cannot look into its own webview.

import assert from 'node:assert/strict';
import { commands, type Tab, TabInputWebview, window } from 'vscode';
import { getDashboard, listDashboardFragments, measureDashboard } from '../../../protocol/dashboard.ts';
import { listFragments } from '../../../protocol/requests.ts';
import { parts, studyNode } from './extension-parts.ts';
import { eventually, hostTest } from './host-test.ts';

const dashboardTabs = (): readonly Tab[] =>
  window.tabGroups.all
    .flatMap(({ tabs }) => tabs)
    .filter(({ input }) => input instanceof TabInputWebview && input.viewType.endsWith('verbatim.dashboard'));

const oneTab = () =>
  eventually('one dashboard', () => (dashboardTabs().length === 1 ? dashboardTabs()[0] : undefined));

export const tests = [
  hostTest('a study has one dashboard, however often it is opened', async () => {
    const node = await studyNode('demo');
    await commands.executeCommand('verbatim.openDashboard', node);
    const tab = await oneTab();
    assert.match(tab.label, /^demo – /);
    await commands.executeCommand('verbatim.openDashboard', node.study);
    assert.equal(dashboardTabs().length, 1);
    await window.tabGroups.close(dashboardTabs());
    await eventually('no dashboard', () => (dashboardTabs().length === 0 ? true : undefined));
    await commands.executeCommand('verbatim.openDashboard', node);
    await window.tabGroups.close(await oneTab());
  }),
  hostTest('its figures are those of the view', async () => {
    const { study, summary } = await studyNode('demo');
    const { overview } = await parts().server.request(getDashboard, { study });
    const measures = await parts().server.request(measureDashboard, { study });
    assert.equal(overview!.nFragments, summary.nFragments);
    assert.equal(measures.fragments.value, summary.nFragments);
    assert.equal(overview!.samples.memorised, summary.nMemorisedSamples);
    const { value, low, high } = measures.samples;
    assert.ok(low < value && value < high);
    const page = { study, offset: 0, limit: 50, order: 'extract' } as const;
    const [listed, shown] = await Promise.all([
      parts().server.request(listFragments, page),
      parts().server.request(listDashboardFragments, { ...page, selection: { kind: 'all' } }),
    ]);
    assert.deepEqual(
      shown.items.map(({ fingerprint }) => fingerprint),
      listed.items.map(({ fingerprint }) => fingerprint),
    );
    assert.equal(shown.total, listed.total);
  }),
];
