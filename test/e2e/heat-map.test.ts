// An extraction map in the real workbench: asked for by the wizard, run, listed in the tree, a document opened as a heat
// map and walked by keyboard, its legend, its dashboard. VERBATIM_SHOTS leaves pictures in all four themes.

import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import type { AxeResults } from 'axe-core';
import { type Host, startHost } from '../host/launch/start-host.ts';
import { DEMO_MODEL } from '../support/demo.ts';
import { writeMapCorpus } from '../support/map-corpus.ts';
import { WAIT_LIMIT_MS } from '../support/wait-limit.ts';
import { TAKES_SHOTS, Workbench } from './workbench.ts';

const ROOT = join(import.meta.dirname, '..', '..');
const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const VIEWPORT = { width: 1400, height: 900 };
const NARROW = { width: 760, height: 700 };

const THEMES = [
  { name: 'light', theme: 'Light Modern', workbenchClass: 'vs' },
  { name: 'dark', theme: 'Dark Modern', workbenchClass: 'vs-dark' },
  { name: 'contrast', theme: 'Default High Contrast', workbenchClass: 'hc-black' },
  { name: 'contrast-light', theme: 'Default High Contrast Light', workbenchClass: 'hc-light' },
] as const;

const folder = mkdtempSync(join(tmpdir(), 'verbatim-heat-map-'));
const corpus = join(folder, 'corpus');
let host: Host;
let workbench: Workbench;

before(async () => {
  mkdirSync(join(folder, '.vscode'));
  useTheme('Light Modern');
  writeMapCorpus(corpus);
  host = await startHost({ extensionDevelopmentPaths: [ROOT], workspace: folder, viewport: VIEWPORT });
  host.page.setDefaultTimeout(WAIT_LIMIT_MS);
  workbench = new Workbench(host.page);
  await host.page.locator('.activitybar a.action-label[aria-label^="Verbatim"]').waitFor();
});

after(async () => {
  await host?.close();
  rmSync(folder, { recursive: true, force: true });
});

function useTheme(theme: string): void {
  writeFileSync(
    join(folder, '.vscode', 'settings.json'),
    JSON.stringify({
      'workbench.colorTheme': theme,
      'window.autoDetectColorScheme': false,
      'javascript.validate.enable': false,
    }),
  );
}

const editor = () => host.page.locator('.editor-instance .monaco-editor[data-uri^="verbatim-train:"]');
/** Tokens and windows are painted inside of lines, regions around them. */
const heats = () => editor().locator('.view-overlays .cdr[class*="ced-"]');
const status = () => host.page.locator('.statusbar-item[id="verbatim.verbatim.verbatim.heatMap"]');
const dashboard = () => host.page.frameLocator('iframe.webview.ready').frameLocator('iframe#active-frame');

test('a map is made, opened, walked and summed up', async () => {
  try {
    await makeMap();
    await openRegion();
    await walk();
    await readLegend();
    await takeShots('heat');
    await readDashboard();
  } catch (error) {
    await workbench.takeFailure('heat-map-failed');
    throw error;
  }
});

async function makeMap(): Promise<void> {
  await workbench.startMap(DEMO_MODEL, corpus, 'heat-wizard');
  const row = workbench.treeRows(/\d+ regions in \d+ windows/);
  await row.waitFor();
  await host.page.locator('#status\\.notifications').click();
  await host.page.locator('.notification-list-item', { hasText: 'more likely than not' }).waitFor();
  await workbench.takeShot('heat-ended');
  await workbench.runCommand('Notifications: Clear All Notifications');
}

async function openRegion(): Promise<void> {
  for (const name of ['Regions by document', 'Regions by probability', 'Regions by licence']) {
    await workbench.treeRows(name).waitFor();
  }
  const region = await workbench.firstRegion();
  await workbench.takeShot('heat-tree');
  await region.click();
  await heats().first().waitFor();
  await status().filter({ hasText: 'by token' }).waitFor();
}

/** From region to region by keys alone; each is said in the status bar, and in a hover. */
async function walk(): Promise<void> {
  const { page } = workbench;
  await editor().locator('.view-line').first().click();
  const said = page.locator('.statusbar-item', { hasText: /Region \d+ of \d+: lines/ });
  const seen = new Set<string>();
  for (let i = 0; i < 3; i++) {
    await page.keyboard.press('Alt+F9');
    await said.waitFor();
    await page.waitForTimeout(150);
    seen.add((await said.textContent()) ?? '');
  }
  assert.ok(seen.size >= 2, [...seen].join('\n'));
  const hover = page.locator('.monaco-hover:visible', { hasText: 'even odds in' });
  await hover.first().waitFor();
  assert.match((await hover.first().textContent()) ?? '', /MIT/);
  await workbench.takeShotAsIs('heat-hover');
  await page.keyboard.press('Escape');
  await page.keyboard.press('Shift+Alt+F9');
  await said.waitFor();
}

async function readLegend(): Promise<void> {
  await status().click();
  await workbench.quickPickRow('almost certain').waitFor();
  assert.match((await workbench.quickPickRow('almost certain').textContent()) ?? '', /% of the tokens/);
  await workbench.takeShot('heat-legend');
  await workbench.page.keyboard.press('Escape');
}

async function takeShots(name: string): Promise<void> {
  if (!TAKES_SHOTS) return;
  for (const { name: theme, theme: setting, workbenchClass } of THEMES) {
    useTheme(setting);
    await host.page.locator(`.monaco-workbench.${workbenchClass}`).waitFor();
    await workbench.takeShot(`${name}-${theme}`);
    await host.page.setViewportSize(NARROW);
    await workbench.takeShot(`${name}-${theme}-narrow`);
    await host.page.setViewportSize(VIEWPORT);
  }
}

async function readDashboard(): Promise<void> {
  await workbench.runCommand('Verbatim: Open Dashboard');
  await dashboard()
    .locator('figure', { hasText: 'By the number of draws' })
    .locator('.mark')
    .first()
    .waitFor();
  await dashboard().locator('.card', { hasText: 'of windows come by greedy decoding' }).waitFor();
  const bare = dashboard().locator(':is(.card, figure, .panel:has(table, dl)):not(:has(.explain))');
  assert.deepEqual(await bare.allInnerTexts(), []);
  for (const { name, theme, workbenchClass } of TAKES_SHOTS ? THEMES : THEMES.slice(0, 1)) {
    useTheme(theme);
    await host.page.locator(`.monaco-workbench.${workbenchClass}`).waitFor();
    await host.page.waitForTimeout(500); // The toolkit takes over the theme's colours.
    assert.deepEqual(await findViolations(), []);
    if (!TAKES_SHOTS) continue;
    await host.page.setViewportSize({ ...VIEWPORT, height: 2600 });
    await workbench.takeShot(`heat-dashboard-${name}`);
    await host.page.setViewportSize({ ...NARROW, height: 3400 });
    await workbench.takeShot(`heat-dashboard-${name}-narrow`);
    await host.page.setViewportSize(VIEWPORT);
  }
  // A document opens from its row.
  await dashboard()
    .locator('table button', { hasText: 'new.js' })
    .or(dashboard().locator('table button').first())
    .first()
    .click();
  await heats().first().waitFor();
}

async function findViolations(): Promise<readonly string[]> {
  const main = await dashboard().locator('main').elementHandle();
  const frame = await main!.ownerFrame();
  await frame!.evaluate(AXE);
  const { violations } = (await frame!.evaluate(
    "axe.run(document, { resultTypes: ['violations'] })",
  )) as AxeResults;
  return violations.flatMap(({ id, help, nodes }) => nodes.map(({ html }) => `${id}: ${help}\n${html}`));
}
