// The pictures of the documentation and of the walkthrough, taken from the real product in each kind of theme:
// `VERBATIM_IMAGES=1 npm test -- test/e2e/pictures.test.ts` makes them anew. Elsewhere the same views are tested.

import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import type { Page } from 'playwright-core';
import { type Host, startHost } from '../host/launch/start-host.ts';
import { DEMO_CORPUS, DEMO_MODEL } from '../support/demo.ts';
import { writeMapCorpus } from '../support/map-corpus.ts';
import { THEMES, Workbench } from './workbench.ts';

const ROOT = join(import.meta.dirname, '..', '..');
const LIMIT_MS = 300_000;
const MOST_BYTES = 150_000;
const WIDE = { width: 1160, height: 530 };
/** What VS Code shows a walkthrough's picture at, about. */
const NARROW = { width: 760, height: 520 };
const SIDE_BAR_PX = 560;
/** Heights of the workbench's bars, which are left out. */
const TITLE_PX = 30;
const STATUS_PX = 32;

/** Nothing in the picture but what it is about. */
const CALM = {
  'window.commandCenter': false,
  'window.menuBarVisibility': 'hidden',
  'window.title': 'Verbatim',
  'workbench.layoutControl.enabled': false,
  'workbench.activityBar.location': 'top',
  'editor.minimap.enabled': false,
  'editor.stickyScroll.enabled': false,
  'diffEditor.useInlineViewWhenSpaceIsLimited': false,
  'diffEditor.hideUnchangedRegions.enabled': false,
};

for (const [name, theme, workbenchClass] of THEMES) {
  for (const [what, takeThem] of [
    ['samples', takeAll],
    ['maps', takeMap],
  ] as const) {
    const takes = process.env.VERBATIM_IMAGES !== undefined;
    test(`pictures of ${what} in ${theme}`, {
      timeout: LIMIT_MS,
      skip: !takes && 'VERBATIM_IMAGES is not set',
    }, async () => {
      const workspace = mkdtempSync(join(tmpdir(), 'verbatim-pictures-'));
      mkdirSync(join(workspace, '.vscode'));
      const corpus = join(workspace, 'corpus');
      if (what === 'maps') writeMapCorpus(corpus);
      const host = await startHost({
        extensionDevelopmentPaths: [ROOT],
        workspace,
        settings: CALM,
        viewport: NARROW,
      });
      try {
        // A theme of high contrast is only heeded when it is chosen.
        const settings = { 'workbench.colorTheme': theme };
        writeFileSync(join(workspace, '.vscode', 'settings.json'), JSON.stringify(settings));
        await host.page.locator(`.monaco-workbench.${workbenchClass}`).waitFor();
        await takeThem(host, name, corpus);
      } catch (error) {
        await new Workbench(host.page).takeFailure('pictures-failed');
        throw error;
      } finally {
        await host.close();
        rmSync(workspace, { recursive: true, force: true });
      }
    });
  }
}

async function takeAll({ page }: Host, theme: string): Promise<void> {
  page.setDefaultTimeout(60_000);
  const workbench = new Workbench(page);
  const walkthrough = (name: string, width?: number) =>
    take(page, join('media', 'walkthrough', `${name}-${theme}.png`), width);
  const documentation = (name: string) => take(page, join('docs', 'images', `${name}-${theme}.png`));
  const fragment = workbench.treeRows(/\d+ lines · [\d,]+×/).first();

  await page.locator('a.action-label[aria-label^="Verbatim"]').first().click();
  await page.locator('.welcome-view-content .monaco-button', { hasText: 'Run the Demo Study' }).click();
  await widenSideBar(page, SIDE_BAR_PX);
  const status = page.locator('.statusbar-item[id="verbatim.verbatim.verbatim.run"]');
  await status.filter({ hasText: / left$/ }).waitFor();
  await page.setViewportSize({ ...NARROW, height: 300 });
  await walkthrough('demo', SIDE_BAR_PX);
  await page.setViewportSize(NARROW);
  await status.waitFor({ state: 'hidden', timeout: 120_000 });
  await fragment.locator('.monaco-tl-twistie').click();
  await workbench.treeRows('In the samples').first().click();
  await walkthrough('read', SIDE_BAR_PX);

  await widenSideBar(page, 330);
  await page.setViewportSize(WIDE);
  await fragment.click();
  await workbench.comparison();
  await documentation('comparison');
  const sample = workbench.treeRows(/^Sample \d+/).first();
  await sample.hover();
  await sample.locator('.action-label[aria-label="Open Sample"]').click();
  await workbench.side('train').waitFor({ state: 'detached' });
  await page.locator('.editor-instance > .monaco-editor .cdr[class*="ced-"]').first().waitFor();
  await documentation('sample');

  await page.setViewportSize({ width: 1160, height: 760 });
  await workbench.runCommand('Verbatim: Open Dashboard');
  const dashboard = page.frameLocator('iframe.webview.ready').frameLocator('iframe#active-frame');
  await dashboard.locator('figure', { hasText: 'Growth' }).locator('.mark').first().waitFor();
  await documentation('dashboard');

  await page.setViewportSize({ width: 980, height: 620 });
  await toggleSideBar(page, 'hidden');
  await walkthrough('dashboard');
  await page.setViewportSize({ width: 980, height: 520 });
  await toggleSideBar(page, 'visible');
  await fragment.click();
  await workbench.comparison();
  await toggleSideBar(page, 'hidden');
  await walkthrough('compare');

  await page.setViewportSize(NARROW);
  await workbench.runCommand('View: Close All Editors');
  await workbench.chooseSources(DEMO_MODEL, DEMO_CORPUS);
  await workbench.quickPickRow('256 samples').waitFor();
  await walkthrough('own');
}

async function takeMap({ page }: Host, theme: string, mapCorpus: string): Promise<void> {
  page.setDefaultTimeout(60_000);
  const workbench = new Workbench(page);
  await page.locator('a.action-label[aria-label^="Verbatim"]').first().click();
  await page.setViewportSize({ width: 980, height: 560 });
  await widenSideBar(page, 330);
  await workbench.startMapOfDemo(mapCorpus, 'map');
  await workbench.treeRows(/regions in \d+ windows/).waitFor();
  await (await workbench.firstRegion()).click();
  await page.locator('.statusbar-item', { hasText: 'by token' }).waitFor();
  await workbench.runCommand('Notifications: Clear All Notifications');
  // From the first region to the second, with code between them that nobody wrote before.
  await workbench.runCommand('Verbatim: Next Region');
  await page.locator('.monaco-hover:visible', { hasText: 'even odds' }).first().waitFor();
  await take(page, join('media', 'walkthrough', `map-${theme}.png`));
  await page.setViewportSize(WIDE);
  await take(page, join('docs', 'images', `heat-map-${theme}.png`));
}

async function toggleSideBar(page: Page, state: 'hidden' | 'visible'): Promise<void> {
  await page.locator('.part.titlebar').click();
  await page.keyboard.press('Control+b');
  await page.locator('.part.sidebar').waitFor({ state });
}

async function widenSideBar(page: Page, toPx: number): Promise<void> {
  const sash = page.locator('.monaco-sash.vertical:not(.disabled)').first();
  const box = await sash.boundingBox();
  assert.ok(box);
  await page.mouse.move(box.x + 2, 200);
  await page.mouse.down();
  await page.mouse.move(toPx, 200, { steps: 4 });
  await page.mouse.up();
}

/** Small enough for a page, and for a package. */
async function take(page: Page, file: string, width = page.viewportSize()!.width): Promise<void> {
  const { height } = page.viewportSize()!;
  await page.mouse.move(page.viewportSize()!.width - 2, height - 2);
  await page.waitForTimeout(700); // Animations.
  const path = join(ROOT, file);
  await page.screenshot({
    path,
    clip: { x: 0, y: TITLE_PX, width, height: height - TITLE_PX - STATUS_PX },
  });
  const { size } = statSync(path);
  assert.ok(size < MOST_BYTES, `${file} has ${size} bytes`);
}
