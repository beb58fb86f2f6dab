// The dashboard in the real workbench: read by axe in every kind of theme, used by mouse and by keyboard, loaded
// again with its window, under a policy that nothing of ours violates. VERBATIM_SHOTS leaves pictures in shots/.

import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import type { AxeResults } from 'axe-core';
import type { FrameLocator, Locator } from 'playwright-core';
import { saveReport } from '../../server/queries/save-files.ts';
import { type Host, startHost } from '../host/launch/start-host.ts';
import { copyDemoStudy } from '../support/demo-study.ts';
import { WAIT_LIMIT_MS } from '../support/wait-limit.ts';
import { TAKES_SHOTS, Workbench } from './workbench.ts';

const ROOT = join(import.meta.dirname, '..', '..');
const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const VIEWPORT = { width: 1400, height: 1000 };

const THEMES = [
  { name: 'light', theme: 'Light Modern', bodyClass: 'vscode-light' },
  { name: 'dark', theme: 'Dark Modern', bodyClass: 'vscode-dark' },
  { name: 'high-contrast', theme: 'Default High Contrast', bodyClass: 'vscode-high-contrast' },
  {
    name: 'high-contrast-light',
    theme: 'Default High Contrast Light',
    bodyClass: 'vscode-high-contrast-light',
  },
] as const;

const folder = mkdtempSync(join(tmpdir(), 'verbatim-dashboard-'));
let host: Host;
let workbench: Workbench;
/** What a page's policy stopped. */
const stopped: string[] = [];

before(async () => {
  mkdirSync(join(folder, '.vscode'));
  useTheme('Light Modern');
  await copyDemoStudy(join(folder, '.verbatim', 'demo.sqlite'));
  // The extension leaves it so, which keeps VS Code's own search from finding anything in it.
  writeFileSync(join(folder, '.verbatim', '.gitignore'), '*\n');
  host = await startHost({ extensionDevelopmentPaths: [ROOT], workspace: folder, viewport: VIEWPORT });
  host.page.setDefaultTimeout(WAIT_LIMIT_MS);
  host.page.on('console', (message) => {
    if (/Content Security Policy/i.test(message.text()))
      stopped.push(`${message.location().url}: ${message.text()}`);
  });
  workbench = new Workbench(host.page);
});

after(async () => {
  await host?.close();
  rmSync(folder, { recursive: true, force: true });
});

let hasFailed = false;

/** They use one window, one after the other. */
function stage(name: string, run: () => Promise<void>): void {
  test(name, async () => {
    assert.ok(!hasFailed, 'An earlier stage failed');
    try {
      await run();
    } catch (error) {
      hasFailed = true;
      await workbench?.takeFailure('dashboard-failed');
      throw error;
    }
  });
}

const dashboard = (): FrameLocator =>
  host.page.frameLocator('iframe.webview.ready').frameLocator('iframe#active-frame');
const grid = (): Locator => dashboard().locator('[role=grid]');
const choice = (): Locator => dashboard().locator('.choice');
const marks = (caption: string): Locator =>
  dashboard().locator('figure', { hasText: caption }).locator('.mark');
const backToDashboard = () => host.page.locator('.tab', { hasText: 'demo – Dashboard' }).click();

function useTheme(theme: string): void {
  writeFileSync(
    join(folder, '.vscode', 'settings.json'),
    JSON.stringify({ 'workbench.colorTheme': theme, 'window.autoDetectColorScheme': false }),
  );
}

stage('a folder with studies wakes it, and the keyboard stays in the view when its rows come', async () => {
  const { page } = workbench;
  await page.locator('.activitybar a.action-label[aria-label^="Verbatim"]').waitFor();
  await workbench.runCommand('Developer: Show Running Extensions');
  const running = page.locator('.runtime-extensions-editor');
  await running.locator('.monaco-list-row', { hasText: /verbatim.*Startup Activation/s }).waitFor();
  await page.keyboard.press('Escape');
  await running.waitFor({ state: 'hidden' });
  await workbench.runCommand('Verbatim: Focus on Studies View');
  await workbench.treeRows(/^demo/).waitFor();
  await page.keyboard.press('ArrowDown');
  await page.locator('.pane .monaco-list:focus-within .monaco-list-row.focused').waitFor();
});

stage('studies are compared, and axe finds nothing there', async () => {
  const { page } = workbench;
  const other = join(folder, '.verbatim', 'other.sqlite');
  await copyDemoStudy(other);
  await workbench.treeRows(/^other/).waitFor();
  const all = '.quick-input-header input[type=checkbox], .quick-input-header .monaco-checkbox';
  await workbench.again(async (timeout) => {
    await workbench.runCommand('Verbatim: Compare Studies');
    await workbench.quickPickRow('other').waitFor({ timeout });
    await page.locator(all).first().click({ timeout });
  });
  await page.keyboard.press('Enter');
  await dashboard().locator('figure', { hasText: 'Samples that repeat' }).locator('svg').first().waitFor();
  await dashboard().locator('td', { hasText: 'no more than chance would give' }).waitFor();
  assert.deepEqual(await findViolations(), []);
  await everyNumberIsExplained();
  await workbench.takeShot('compared');
  await page.locator('.tab', { hasText: 'Studies Compared' }).click({ button: 'middle' });
  rmSync(other);
  await workbench.treeRows(/^other/).waitFor({ state: 'detached' });
});

stage('a study’s row opens it', async () => {
  const row = workbench.treeRows(/fragments in/).first();
  await row.hover();
  await row.locator('.action-label[aria-label="Open Dashboard"]').click();
  await dashboard().locator('h1', { hasText: 'demo' }).waitFor();
  await marks('In the training data and in the samples').first().waitFor();
  // Its intervals come a moment after it.
  await dashboard().locator('.card small', { hasText: /–/ }).first().waitFor();
  await dashboard().locator('.placeholder').first().waitFor({ state: 'detached' });
  const cards = await dashboard().locator('.card').allInnerTexts();
  assert.match(cards[0]!, /^\d+\.\d %\s+of samples repeat training data\s+\d+\.\d–\d+\.\d % · \d+ of 256/);
  for (const part of ['Top sources', 'Licences', 'ROC curves', 'Problems of the data', 'Command'])
    await dashboard().locator('h2, h3', { hasText: part }).first().waitFor();
  await everyNumberIsExplained();
});

async function everyNumberIsExplained(): Promise<void> {
  const bare = dashboard().locator(
    ':is(.card, figure, .panel:has(table, dl, [role=grid])):not(:has(.explain))',
  );
  assert.deepEqual(await bare.allInnerTexts(), []);
}

for (const { name, theme, bodyClass } of THEMES) {
  stage(`axe finds nothing in ${theme}`, async () => {
    const { page } = workbench;
    useTheme(theme);
    await dashboard().locator(`body.${bodyClass}`).waitFor();
    await workbench.comeToRest(dashboard().locator('body'));
    const violations = await findViolations();
    assert.deepEqual(violations, []);
    await workbench.takeShot(`dashboard-${name}`);
    if (!TAKES_SHOTS) return;
    // All of it, as tall as it is.
    await page.setViewportSize({ ...VIEWPORT, height: 4250 });
    await marks('ROC curves').first().waitFor();
    await workbench.takeShot(`dashboard-${name}-whole`);
    await page.setViewportSize(VIEWPORT);
  });
}

async function findViolations(): Promise<readonly string[]> {
  const main = await dashboard().locator('main').elementHandle();
  const frame = await main!.ownerFrame();
  await frame!.evaluate(AXE);
  return violationsOf((await frame!.evaluate(RUN_AXE)) as AxeResults);
}

const RUN_AXE = "axe.run(document, { resultTypes: ['violations'] })";

const violationsOf = ({ violations }: AxeResults): readonly string[] =>
  violations.flatMap(({ id, help, nodes }) =>
    nodes.map(({ html, failureSummary }) => `${id}: ${help}\n${html}\n${failureSummary}`),
  );

stage('a figure is saved as a picture', async () => {
  const { page } = workbench;
  const file = join(folder, 'growth.png');
  await dashboard()
    .locator('figure', { hasText: 'Growth' })
    .locator('button', { hasText: 'Save Figure…' })
    .click();
  await workbench.acceptPath(file);
  await page.locator('.statusbar-item', { hasText: 'Saved' }).waitFor();
  const bytes = readFileSync(file);
  assert.equal(bytes.subarray(1, 4).toString(), 'PNG');
  const [width, height] = [bytes.readUInt32BE(16), bytes.readUInt32BE(20)];
  assert.ok(width > 600 && height > 300, `${width} × ${height}`);
});

stage('axe finds nothing in the report as a web page, light and dark', async () => {
  const study = join(folder, '.verbatim', 'demo.sqlite');
  const file = join(folder, 'report.html');
  await saveReport({ study, format: 'html', file, baseline: null });
  const page = await host.page.context().newPage();
  await page.goto(pathToFileURL(file).href);
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme });
    await page.evaluate(AXE);
    assert.deepEqual(violationsOf((await page.evaluate(RUN_AXE)) as AxeResults), [], colorScheme);
  }
  await page.close();
});

stage('a mark lists its fragments, and a row opens one beside its source', async () => {
  useTheme('Light Modern');
  await dashboard().locator('body.vscode-light').waitFor();
  await marks('In the training data and in the samples').first().click();
  await choice()
    .locator('span.tag', { hasText: /1 × in the training data, 1 × in the samples/ })
    .waitFor();
  const listed = await choice().textContent();
  await marks('What it is').and(dashboard().locator('[aria-label^="licence texts"]')).click();
  await choice().locator('span.tag', { hasText: 'licence texts' }).waitFor();
  assert.notEqual(await choice().textContent(), listed);
  await dashboard().locator('table button', { hasText: 'MIT' }).first().click();
  await choice().locator('span.tag', { hasText: 'MIT' }).waitFor();
  await workbench.takeShot('dashboard-choice');
  await grid().locator('.body .row', { hasText: /\w{3}/ }).first().click();
  await workbench.comparison();
  await workbench.takeShot('dashboard-diff');
  await backToDashboard();
  await choice().locator('span.tag', { hasText: 'MIT' }).waitFor();
  await showAll();
});

/** What is above it may still grow, and move it away from under a click. */
const showAll = () =>
  workbench.again(async (timeout) => {
    await choice().locator('vscode-button', { hasText: 'Show All' }).click({ timeout });
    await choice().locator('span.tag').waitFor({ state: 'detached', timeout });
  });

stage('a mark of one fragment opens it at once', async () => {
  const { page } = workbench;
  const sample = page.locator('.tab', { hasText: /sample \d+/ });
  await sample.click({ button: 'middle' });
  await sample.waitFor({ state: 'detached' });
  await marks('In the training data and in the samples')
    .and(dashboard().locator('[aria-label^="1 fragment:"]'))
    .last()
    .click();
  await workbench.comparison();
  await backToDashboard();
});

stage('marks and rows are reached and pressed with the keyboard alone', async () => {
  const { page } = workbench;
  const bars = marks('How long it is');
  await bars.first().focus();
  await page.keyboard.press('ArrowRight');
  const tip = dashboard().locator('.tip', { hasText: /8–11 lines/ });
  await tip.waitFor();
  const [fragments] = /\d+ fragments/.exec((await tip.textContent())!)!;
  await page.keyboard.press('Enter');
  await choice()
    .locator('span.tag', { hasText: /8–11 lines/ })
    .waitFor();
  await dashboard().locator('.choice', { hasText: fragments }).waitFor();
  // The list has the focus now.
  const active = () => grid().getAttribute('aria-activedescendant');
  assert.equal(await grid().evaluate((element) => element.matches(':focus')), true);
  await page.keyboard.press('ArrowDown');
  assert.equal(await active(), 'fragment-1');
  await page.keyboard.press('End');
  const total = Number(await grid().getAttribute('aria-rowcount')) - 1;
  assert.equal(await active(), `fragment-${total - 1}`);
  const row = grid().locator(`#fragment-${total - 1}`, { hasText: /\w/ });
  await row.waitFor();
  const isSeen = await row.evaluate((element) => {
    const { bottom } = element.getBoundingClientRect();
    return bottom <= element.closest('[role=grid]')!.getBoundingClientRect().bottom + 1;
  });
  assert.ok(isSeen, 'the active row is scrolled into view');
  await page.keyboard.press('Enter');
  await workbench.comparison();
  await backToDashboard();
});

stage('the list draws only what is seen', async () => {
  await showAll();
  await dashboard()
    .locator('.choice', { hasText: /^[2-9]\d\d fragments/ })
    .waitFor();
  assert.ok((await grid().locator('.body .row').count()) < 45);
  await grid().evaluate((element) => element.scrollTo({ top: 100 * 30 }));
  await grid().locator('#fragment-105', { hasText: /\d/ }).waitFor();
  assert.equal(await grid().locator('#fragment-0').count(), 0);
});

stage('a highly ranked sample opens, and the study is found in the view', async () => {
  const { page } = workbench;
  await dashboard().locator('.key', { hasText: 'Windowed' }).click();
  await dashboard().locator('.ranking h3', { hasText: 'Windowed' }).waitFor();
  await dashboard()
    .locator('.ranking button', { hasText: /Sample \d+/ })
    .first()
    .click();
  await page.locator('.tab.active', { hasText: /^sample \d+/ }).waitFor();
  await backToDashboard();
  await dashboard().locator('vscode-button', { hasText: 'Show in Studies' }).click();
  await page.locator('.pane .monaco-list-row.focused', { hasText: /demo/ }).waitFor();
});

stage('who wants less motion gets none', async () => {
  const { page } = workbench;
  const mark = marks('How long it is').first();
  const durationOf = () =>
    mark.evaluate(
      (element) => element.ownerDocument.defaultView!.getComputedStyle(element).transitionDuration,
    );
  assert.notEqual(await durationOf(), '0s');
  await page.emulateMedia({ reducedMotion: 'reduce' });
  assert.equal(await durationOf(), '0s');
  await page.emulateMedia({ reducedMotion: 'no-preference' });
});

stage('a window that is loaded again shows the same', async () => {
  const { page } = workbench;
  await dashboard().locator('table button', { hasText: 'lodash/lodash' }).first().click();
  await choice().locator('span.tag', { hasText: 'lodash/lodash' }).waitFor();
  await grid().evaluate((element) => element.scrollTo({ top: 600 }));
  await grid().locator('#fragment-20', { hasText: /\d/ }).waitFor();
  // The place is kept a tenth of a second later, by a timer of the page: this one comes after it.
  await grid().evaluate(() => new Promise((resolve) => setTimeout(resolve, 300)));
  const isLoadedAgain = page.waitForEvent('load');
  // Not Playwright's reload: VS Code writes down its state before it goes.
  await workbench.runCommand('Developer: Reload Window');
  await isLoadedAgain;
  await dashboard().locator('h1', { hasText: 'demo' }).waitFor();
  await choice().locator('span.tag', { hasText: 'lodash/lodash' }).waitFor();
  await grid().locator('#fragment-20', { hasText: /\d/ }).waitFor();
  assert.equal(await grid().evaluate((element) => element.scrollTop), 600);
  const pressed = dashboard().locator('.key[aria-pressed=true]');
  assert.match((await pressed.textContent()) ?? '', /Windowed/);
  await workbench.takeShot('dashboard-restored');
});

stage('its policy is strict, and stops nothing of ours', async () => {
  // The pictures above were taken with a style sheet of Playwright's own, which the policy kept out.
  assert.deepEqual(
    stopped.filter((text) => !text.includes('inline style')),
    [],
  );
  stopped.length = 0;
  await host.page.locator('.tab', { hasText: 'demo – Dashboard' }).click({ button: 'middle' });
  await workbench.runCommand('Verbatim: Open Dashboard');
  await marks('How long it is').first().hover();
  await dashboard().locator('.tip:visible').waitFor();
  await marks('What it is').first().click();
  await choice().locator('span.tag').waitFor();
  await dashboard().locator('.key', { hasText: 'zlib' }).click();
  await dashboard().locator('details summary').first().click();
  const policy = await dashboard()
    .locator('meta[http-equiv="Content-Security-Policy"]')
    .getAttribute('content');
  assert.match(
    policy!,
    /^default-src 'none'; img-src data:; style-src 'nonce-[\w-]{24}'; script-src 'nonce-[\w-]{24}'$/,
  );
  // VS Code writes the theme's variables and a style sheet of its own into every webview's page, which such a
  // policy keeps out; the variables come again by script. They stand in the page, ours would come from a script.
  assert.deepEqual(
    stopped.filter((text) => text.includes('dashboard.js') || !text.includes('inline style')),
    [],
  );
  assert.ok(stopped.length <= 2, stopped.join('\n'));
});
