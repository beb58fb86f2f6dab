// The dashboard's tab and its figures, as the extension sees them. What is in the tab is tested from outside
// (test/e2e/dashboard.test.ts): an extension cannot look into its own webview.

import assert from 'node:assert/strict';
import { commands, type Tab, TabInputWebview, Uri, ViewColumn, window } from 'vscode';
import { getDashboard, listDashboardFragments, measureDashboard } from '../../../protocol/dashboard.ts';
import { viewFragments } from '../../../protocol/views.ts';
import { DashboardPanel, type DashboardParts } from '../../../src/dashboard/dashboard-panel.ts';
import { flatView } from '../../support/flat-view.ts';
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
      parts().server.request(viewFragments, { ...flatView, ...page }),
      parts().server.request(listDashboardFragments, { ...page, selection: { kind: 'all' } }),
    ]);
    assert.deepEqual(
      shown.items.map(({ fingerprint }) => fingerprint),
      listed.items.map(({ fingerprint }) => fingerprint),
    );
    assert.equal(shown.total, listed.total);
  }),
  hostTest('an answer that comes late does not take the place of a newer one', async () => {
    const { study } = await studyNode('demo');
    const { server, errors } = parts();
    const panel = window.createWebviewPanel('verbatim.echo', 'Echo', ViewColumn.Active);
    const late = holdBackFirst(server);
    const dashboard = new DashboardPanel(panel, study, {
      server: late.server,
      errors,
      dist: Uri.file('/nowhere'), // No page but our own.
      reveal: async () => {},
    });
    try {
      const echoed: string[] = [];
      panel.webview.onDidReceiveMessage(({ kind }) => echoed.push(kind));
      panel.webview.html = ECHO;
      await eventually('the page', () => echoed.includes('echo of ready') || undefined);
      const older = dashboard.refresh();
      await late.isHeld;
      await dashboard.refresh();
      late.release();
      await older;
      await panel.webview.postMessage({ kind: 'end' });
      await eventually('the end', () => echoed.includes('echo of end') || undefined);
      assert.deepEqual(
        echoed,
        ['ready', 'dashboard', 'measures', 'end'].map((kind) => `echo of ${kind}`),
      );
    } finally {
      dashboard.dispose();
    }
  }),
];

/** A page that sends back the kind of whatever it is sent. */
const ECHO = `<!doctype html><script>
  const host = acquireVsCodeApi();
  const echo = (kind) => host.postMessage({ kind: 'echo of ' + kind });
  addEventListener('message', ({ data }) => echo(data.kind));
  echo('ready');
</script>`;

/** The server, whose answer to the first question for a dashboard waits for `release`. */
function holdBackFirst(server: DashboardParts['server']) {
  const held = Promise.withResolvers<void>();
  const released = Promise.withResolvers<void>();
  let isFirst = true;
  const late: DashboardParts['server'] = {
    async request(message, params, token) {
      const waits = isFirst && message.method === getDashboard.method;
      if (waits) isFirst = false;
      const answer = await server.request(message, params, token);
      if (waits) {
        held.resolve();
        await released.promise;
      }
      return answer;
    },
  };
  return { server: late, isHeld: held.promise, release: () => released.resolve() };
}
