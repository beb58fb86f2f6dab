// What a user does with an extraction map: asks for it by the wizard, finds it in the tree, opens a document as a heat
// map, walks it by keyboard, reads its legend and its dashboard. VERBATIM_SHOTS leaves pictures in all four themes.

import assert from 'node:assert/strict';
import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import type { AxeResults } from 'axe-core';
import type { FrameLocator, Locator, Page } from 'playwright-core';
import { writeMapCorpus } from '../support/map-corpus.ts';
import { WAIT_LIMIT_MS } from '../support/wait-limit.ts';
import { TAKES_SHOTS, type Workbench } from './workbench.ts';

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
/** A region's row. */
const REGION = /p .+ lines \d+–\d+/;
const VIEWPORT = { width: 1400, height: 900 };
const NARROW = { width: 760, height: 700 };

const THEMES = [
  { name: 'light', theme: 'Light Modern', workbenchClass: 'vs' },
  { name: 'dark', theme: 'Dark Modern', workbenchClass: 'vs-dark' },
  { name: 'contrast', theme: 'Default High Contrast', workbenchClass: 'hc-black' },
  { name: 'contrast-light', theme: 'Default High Contrast Light', workbenchClass: 'hc-light' },
] as const;

/** The window has the folder open, and nothing else is expected of either. */
export async function useHeatMap(workbench: Workbench, folder: string): Promise<void> {
  await workbench.page.setViewportSize(VIEWPORT);
  await makeMap(workbench, join(folder, 'corpus'));
  await openRegion(workbench);
  await walk(workbench);
  await readLegend(workbench);
  await acceptAndFilter(workbench, folder);
  await takeShots(workbench, folder);
  await readDashboard(workbench, folder);
  if (TAKES_SHOTS) await compare(workbench, folder);
}

const editor = (page: Page): Locator =>
  page.locator('.editor-instance .monaco-editor[data-uri^="verbatim-train:"]');
/** Tokens and windows are painted inside of lines, regions around them. */
const heats = (page: Page): Locator => editor(page).locator('.view-overlays .cdr[class*="ced-"]');
const status = (page: Page): Locator =>
  page.locator('.statusbar-item[id="verbatim.verbatim.verbatim.heatMap"]');
const dashboard = (page: Page): FrameLocator =>
  page.frameLocator('iframe.webview.ready').frameLocator('iframe#active-frame');

async function makeMap(workbench: Workbench, corpus: string): Promise<void> {
  writeMapCorpus(corpus);
  await workbench.startMapOfDemo(corpus, 'heat-wizard');
  const limit = TAKES_SHOTS ? { timeout: 4 * WAIT_LIMIT_MS } : {};
  await workbench.treeRows(/\d+ regions in \d+ windows/).waitFor(limit);
  await workbench.notification('more likely than not');
  await workbench.takeShot('heat-ended');
  await workbench.runCommand('Notifications: Clear All Notifications');
}

async function openRegion(workbench: Workbench): Promise<void> {
  const { page } = workbench;
  for (const name of ['Regions by document', 'Regions by probability', 'Regions by licence']) {
    await workbench.treeRows(name).waitFor();
  }
  const region = await workbench.firstRegion();
  await workbench.takeShot('heat-tree');
  await region.click();
  await heats(page).first().waitFor();
  await status(page).filter({ hasText: 'by token' }).waitFor();
  // In themes of high contrast the line below a token would hide underscores.
  const offset = await page.evaluate(
    `getComputedStyle(document.querySelector('.editor-instance .view-line [class*="ced-"]')).textUnderlineOffset`,
  );
  assert.match(String(offset), /px$/);
}

/** From region to region by keys alone; each is said in the status bar, and in a hover. */
async function walk(workbench: Workbench): Promise<void> {
  const { page } = workbench;
  await editor(page).locator('.view-line').first().click();
  const said = (n: number) => page.locator('.statusbar-item', { hasText: `Region ${n} of 2: lines` });
  const hover = page.locator('.monaco-hover:visible', { hasText: 'even odds in' }).first();
  await page.keyboard.press('Alt+F9');
  await said(1).waitFor();
  await hover.waitFor();
  assert.match((await hover.textContent()) ?? '', /Region · p .* · even odds in .*MIT/);
  await workbench.takeShotAsIs('heat-hover');
  await page.keyboard.press('Alt+F9');
  await said(2).waitFor();
  // Behind the last one comes the first.
  await page.keyboard.press('Alt+F9');
  await said(1).waitFor();
  await page.keyboard.press('Shift+Alt+F9');
  await said(2).waitFor();
}

async function readLegend(workbench: Workbench): Promise<void> {
  const { page } = workbench;
  const row = workbench.quickPickRow('almost certain');
  await workbench.again(async (timeout) => {
    await status(page).click({ timeout });
    await row.waitFor({ timeout });
  });
  assert.match((await row.textContent()) ?? '', /% of the tokens/);
  await workbench.takeShot('heat-legend');
  await page.keyboard.press('Escape');
}

/** With keys alone the region goes into the baseline, out of the view by a filter, and all of it back again. */
async function acceptAndFilter(workbench: Workbench, folder: string): Promise<void> {
  const { page } = workbench;
  const accepted = workbench.treeRows(/p .+ lines .*accepted/);
  await workbench.runCommand('Verbatim: Focus on Studies View');
  await pickByKeys(page, 'Accept into the Baseline…');
  await workbench.enter();
  await accepted.first().waitFor();
  const baseline = JSON.parse(readFileSync(join(folder, '.verbatim-baseline.json'), 'utf8'));
  assert.equal(Object.keys(baseline.accepted).length, 1);
  await workbench.takeShot('heat-tree-accepted');
  await filterByKeys(workbench, 'p:0.001-1');
  await workbench.treeRows(/\d+ of 3 pass the filter/).waitFor();
  await workbench.takeShot('heat-tree-filtered');
  await pickByKeys(page, 'Take out of the Baseline');
  await accepted.first().waitFor({ state: 'hidden' });
  await filterByKeys(workbench, 'licence:none-such');
  await workbench.treeRows('Nothing passes the filter').first().waitFor();
  await workbench.runCommand('Verbatim: Clear Filter');
  await workbench.treeRows('Regions by document').waitFor();
}

/** Opens the menu of the row that has the keyboard, and goes down to an item of it. */
async function pickByKeys(page: Page, item: string): Promise<void> {
  const menu = page.locator('.context-view .monaco-menu:visible');
  await page.locator('.pane-body .monaco-list:focus .monaco-list-row.focused', { hasText: REGION }).waitFor();
  await page.keyboard.press('Shift+F10');
  // Until then keys go to the tree.
  await page.locator('.context-view .monaco-menu:focus-within').waitFor();
  const focused = menu.locator('.action-item.focused');
  for (let i = 0; i < 20 && !(await focused.allInnerTexts()).some((text) => text.includes(item)); i++) {
    await page.keyboard.press('ArrowDown');
  }
  await page.keyboard.press('Enter');
  await menu.waitFor({ state: 'hidden' });
}

async function filterByKeys(workbench: Workbench, words: string): Promise<void> {
  const { page, quickInput } = workbench;
  await workbench.again(async (timeout) => {
    await page.locator('.pane-body .monaco-list:focus').first().waitFor({ timeout });
    await page.keyboard.press('Control+Alt+F');
    await quickInput.waitFor({ timeout });
    await quickInput.fill(words, { timeout });
  });
  await page.keyboard.press('Enter');
  await quickInput.waitFor({ state: 'hidden' });
}

async function useTheme(
  { page }: Workbench,
  folder: string,
  { theme, workbenchClass }: (typeof THEMES)[number],
) {
  const settings = { 'workbench.colorTheme': theme, 'window.autoDetectColorScheme': false };
  writeFileSync(join(folder, '.vscode', 'settings.json'), JSON.stringify(settings));
  await page.locator(`.monaco-workbench.${workbenchClass}`).waitFor();
}

async function takeShots(workbench: Workbench, folder: string): Promise<void> {
  if (!TAKES_SHOTS) return;
  for (const theme of THEMES) {
    await useTheme(workbench, folder, theme);
    await workbench.takeShot(`heat-${theme.name}`);
    await workbench.page.setViewportSize(NARROW);
    await workbench.takeShot(`heat-${theme.name}-narrow`);
    await workbench.page.setViewportSize(VIEWPORT);
  }
}

async function readDashboard(workbench: Workbench, folder: string): Promise<void> {
  const { page } = workbench;
  await workbench.choose('Verbatim: Open Dashboard', 'demo-model');
  const figure = dashboard(page).locator('figure', { hasText: 'By the number of draws' });
  await figure.locator('.mark').first().waitFor();
  await dashboard(page).locator('.card', { hasText: 'of windows come by greedy decoding' }).waitFor();
  const bare = dashboard(page).locator(':is(.card, figure, .panel:has(table, dl)):not(:has(.explain))');
  assert.deepEqual(await bare.allInnerTexts(), []);
  for (const theme of TAKES_SHOTS ? THEMES : THEMES.slice(0, 1)) {
    await useTheme(workbench, folder, theme);
    await workbench.comeToRest(dashboard(page).locator('body'));
    assert.deepEqual(await findViolations(page), []);
    if (!TAKES_SHOTS) continue;
    await page.setViewportSize({ ...VIEWPORT, height: 2600 });
    await workbench.takeShot(`heat-dashboard-${theme.name}`);
    await page.setViewportSize({ ...NARROW, height: 3400 });
    await workbench.takeShot(`heat-dashboard-${theme.name}-narrow`);
    await page.setViewportSize(VIEWPORT);
  }
  await workbench.runCommand('View: Close All Editors');
}

/** The map beside a copy of itself, of which no document is known better. */
async function compare(workbench: Workbench, folder: string): Promise<void> {
  const { page } = workbench;
  const studies = join(folder, '.verbatim');
  copyFileSync(join(studies, 'demo-model.sqlite'), join(studies, 'copy.sqlite'));
  await workbench.treeRows(/^copy/).waitFor();
  await workbench.runCommand('Verbatim: Compare Studies');
  for (const name of ['demo-model', 'copy']) {
    const box = workbench.quickPickRow(name).locator('input[type=checkbox], .monaco-checkbox');
    await box.first().click();
  }
  await page.locator('.quick-input-widget .monaco-button:visible', { hasText: 'OK' }).click();
  await dashboard(page).locator('h1', { hasText: 'demo-model' }).waitFor();
  assert.deepEqual(await findViolations(page), []);
  await workbench.takeShot('heat-compared');
}

async function findViolations(page: Page): Promise<readonly string[]> {
  const main = await dashboard(page).locator('main').elementHandle();
  const frame = await main!.ownerFrame();
  await frame!.evaluate(AXE);
  const found = await frame!.evaluate("axe.run(document, { resultTypes: ['violations'] })");
  return (found as AxeResults).violations.flatMap(({ id, help, nodes }) =>
    nodes.map(({ html }) => `${id}: ${help}\n${html}`),
  );
}
