// Every part of the decorations, as pixels and elements of the real workbench: there by its setting, gone without it,
// and back again; in a sample and in a file into which somebody pasted one. Then those of an extraction map.

import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { disclose } from '../../server/answers/undisclosed.ts';
import { getSample, listSamplePage } from '../../server/queries/study-queries.ts';
import { viewFragments } from '../../server/queries/view-queries.ts';
import { type Host, startHost } from '../host/launch/start-host.ts';
import { copyDemoStudy } from '../support/demo-study.ts';
import { flatView } from '../support/flat-view.ts';
import { WAIT_LIMIT_MS } from '../support/wait-limit.ts';
import { useHeatMap } from './heat-map-steps.ts';
import { Workbench } from './workbench.ts';

const ROOT = join(import.meta.dirname, '..', '..');
const folder = mkdtempSync(join(tmpdir(), 'verbatim-decorations-'));
const study = join(folder, '.verbatim', 'demo.sqlite');
let host: Host;
let workbench: Workbench;

const PARTS = ['background', 'gutter', 'overviewRuler', 'inlineText', 'hover', 'codeLens'] as const;
type Part = (typeof PARTS)[number];
const ALL_ON = Object.fromEntries(PARTS.map((part) => [part, true])) as Record<Part, boolean>;

before(async () => {
  mkdirSync(join(folder, '.vscode'));
  configure(ALL_ON);
  await copyDemoStudy(study);
  writeFileSync(join(folder, 'pasted.js'), `// pasted by hand\n${await sampleText()}`);
  host = await startHost({ extensionDevelopmentPaths: [ROOT], workspace: folder });
  host.page.setDefaultTimeout(WAIT_LIMIT_MS);
  workbench = new Workbench(host.page);
  await host.page.locator('.activitybar a.action-label[aria-label^="Verbatim"]').waitFor();
});

after(async () => {
  await host?.close();
  rmSync(folder, { recursive: true, force: true });
});

test('in a sample', async () => {
  const { page } = workbench;
  await page.locator('.activitybar a.action-label[aria-label^="Verbatim"]').click();
  const fingerprint = workbench.treeRows(/\d+ lines · [\d,]+×/).first();
  await fingerprint.locator('.monaco-tl-twistie').click();
  await workbench.treeRows('In the samples').first().click();
  const sample = workbench.treeRows(/^Sample \d+/).first();
  await sample.hover();
  await sample.locator('.action-label[aria-label="Open Sample"]').click();
  await page.locator('.tab.active', { hasText: /^sample \d+/ }).waitFor();
  await switchEach('decorated-sample');
});

test('in a file into which somebody pasted a sample', async () => {
  await workbench.openFile('pasted.js');
  for (const part of PARTS) assert.equal(await isThere(part, 'gone'), false, `${part} by itself`);
  await workbench.runCommand('Verbatim: Find Memorised Code in This Editor');
  await switchEach('decorated-file');
});

test('in a training document of an extraction map, with all that leads there', async () => {
  try {
    await useHeatMap(workbench, folder);
  } catch (error) {
    await workbench.takeFailure('heat-map-failed');
    throw error;
  }
});

async function switchEach(shot: string): Promise<void> {
  for (const part of PARTS) await comesToBe(part, 'there');
  await workbench.takeShot(shot);
  for (const part of PARTS) {
    configure({ ...ALL_ON, [part]: false });
    await comesToBe(part, 'gone');
    for (const other of PARTS) if (other !== part) await comesToBe(other, 'there');
    configure(ALL_ON);
    await comesToBe(part, 'there');
  }
  configure(ALL_ON, false);
  for (const part of PARTS) await comesToBe(part, 'gone');
  configure(ALL_ON);
  for (const part of PARTS) await comesToBe(part, 'there');
}

async function comesToBe(part: Part, state: 'there' | 'gone'): Promise<void> {
  const giveUpAt = Date.now() + WAIT_LIMIT_MS;
  while ((await isThere(part, state)) !== (state === 'there')) {
    if (Date.now() > giveUpAt) {
      await workbench.takeFailure('decorations-failed');
      assert.fail(`${part} is not ${state}`);
    }
    await workbench.page.waitForTimeout(100);
  }
}

function isThere(part: Part, wanted: 'there' | 'gone'): Promise<boolean> {
  return part === 'hover' ? hasHover(HOVER_MS[wanted]) : look(part);
}

/** One that is wanted is waited for on a busy machine; that none comes is seen within a moment. */
const HOVER_MS = { there: 10_000, gone: 1500 } as const;

async function hasHover(timeout: number): Promise<boolean> {
  const { page } = workbench;
  await page.mouse.move(640, 790);
  await page.locator('.monaco-hover:visible').first().waitFor({ state: 'hidden' });
  const line = page.locator('.editor-instance .view-line', { hasText: /\w{6}/ }).nth(2);
  await line.hover({ position: { x: 60, y: 9 } });
  const hover = page.locator('.monaco-hover:visible', { hasText: 'Memorised' });
  return hover.waitFor({ timeout }).then(
    () => true,
    () => false,
  );
}

/** Evaluated in the page. A decoration's classes begin with `ced-`. */
const LOOKS: Readonly<Record<Exclude<Part, 'hover'>, string>> = {
  background: `all('.view-overlays .cdr[class*="ced-"]').some(
    (element) => !/^rgba\\(.*, 0\\)$/.test(getComputedStyle(element).backgroundColor))`,
  gutter: `all('.margin [class*="ced-"]').some(
    (element) => getComputedStyle(element).backgroundImage !== 'none')`,
  inlineText: `all('.view-line [class*="ced-"]').some(
    (element) => !['none', 'normal', '""'].includes(getComputedStyle(element, '::after').content))`,
  codeLens: `all('.codelens-decoration').some(({ textContent }) => /Memorised/.test(textContent))`,
  overviewRuler: `all('canvas.decorationsOverviewRuler').some((canvas) => {
    const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
    let nColoured = 0;
    for (let at = 0; at < data.length; at += 4) {
      const [r, g, b, a] = data.slice(at, at + 4);
      if (a > 60 && Math.max(r, g, b) - Math.min(r, g, b) > 60) nColoured++;
    }
    return nColoured > 20;
  })`,
};

function look(part: Exclude<Part, 'hover'>): Promise<boolean> {
  return workbench.page.evaluate(`{
    const all = (selector) => [...document.querySelectorAll('.editor-instance .monaco-editor ' + selector)];
    ${LOOKS[part]};
  }`);
}

function configure(parts: Readonly<Record<Part, boolean>>, isEnabled = true): void {
  const settings = {
    'editor.hover.delay': 50,
    // Errors would have marks of their own in the overview ruler.
    'javascript.validate.enable': false,
    'typescript.validate.enable': false,
    'verbatim.decorations.enabled': isEnabled,
    ...Object.fromEntries(PARTS.map((part) => [`verbatim.decorations.${part}`, parts[part]])),
  };
  writeFileSync(join(folder, '.vscode', 'settings.json'), JSON.stringify(settings));
}

/** One that is memorised from its first lines on. */
async function sampleText(): Promise<string> {
  const page = { study, offset: 0, limit: 50 };
  const { items } = await disclose(viewFragments({ ...flatView, ...page, order: 'length' }), 'shown');
  for (const { fingerprint } of items) {
    for (const { sampleId, firstLine } of listSamplePage({ ...page, fingerprint }).items) {
      if (firstLine <= 3) return (await disclose(getSample(study, sampleId), 'shown')).text;
    }
  }
  throw new Error('No sample is memorised from its beginning');
}
