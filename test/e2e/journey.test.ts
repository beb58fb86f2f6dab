// A newcomer's first minutes in the real workbench: from the palette to a fingerprint beside its source and a
// sample with its memorised lines, and with VERBATIM_SHOTS a picture of every stage in shots/.

import assert from 'node:assert/strict';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { after, before, test } from 'node:test';
import type { StudyPlan } from '../../protocol/study.ts';
import { openForReading } from '../../server/store/study-file.ts';
import { readStudy } from '../../server/store/study-table.ts';
import { type Host, startHost } from '../host/launch/start-host.ts';
import { DEMO_CORPUS, DEMO_MODEL } from '../support/demo.ts';
import { copyPausedDemo } from '../support/demo-study.ts';
import { scratchFolder } from '../support/scratch.ts';
import { serversWith } from '../support/server-client.ts';
import { WAIT_LIMIT_MS } from '../support/wait-limit.ts';
import { otherAddress, useOtherMachine } from './other-machine-steps.ts';
import { THEMES, Workbench } from './workbench.ts';

const ROOT = join(import.meta.dirname, '..', '..');
/** File, lines, repository, folder and licence. */
const PLACE = /\S:\d+–\d+.* · .* · /;
/** Every wait has a limit of its own; a stage has many. */
const STAGE_LIMIT_MS = 10 * WAIT_LIMIT_MS;
const DEMO_LIMIT_MS = 2 * WAIT_LIMIT_MS;

const outside = scratchFolder();
const folder = mkdtempSync(join(tmpdir(), 'verbatim-journey-'));
let host: Host;
let workbench: Workbench;

before(async () => {
  // The long study runs while a window loads: it need not take the whole machine for it.
  const settings = { 'verbatim.execution.workers': 1 };
  const env = { VERBATIM_JOURNEY_TEST: folder };
  host = await startHost({ extensionDevelopmentPaths: [ROOT], workspace: folder, settings, env });
  host.page.setDefaultTimeout(WAIT_LIMIT_MS);
  workbench = new Workbench(host.page);
});

after(async () => {
  await host?.close();
  rmSync(folder, { recursive: true, force: true });
});

/** Background processes of this window. */
const servers = () => serversWith(`VERBATIM_JOURNEY_TEST=${folder}`);

const journey = { hasFailed: false };

/** A stage of the journey: leaves a picture of where it failed, and goes no further then. */
function stage(name: string, run: () => Promise<void>, timeout = STAGE_LIMIT_MS): void {
  test(name, { timeout }, async () => {
    assert.ok(!journey.hasFailed, 'An earlier stage failed');
    try {
      await run();
    } catch (error) {
      journey.hasFailed = true;
      await workbench?.takeFailure('failed');
      throw error;
    }
  });
}

stage('the empty view offers the demo', async () => {
  const { page } = workbench;
  await page.locator('.activitybar a.action-label[aria-label^="Verbatim"]').click();
  const button = page.locator('.welcome-view-content .monaco-button', { hasText: 'Run the Demo Study' });
  await button.waitFor();
  await workbench.takeShot('1-welcome');
});

stage(
  'the palette runs the demo study with progress',
  async () => {
    const { page } = workbench;
    // Most of it is there already: who sees it for the first time runs all of it, in test/e2e/first-run.test.ts.
    await copyPausedDemo(join(folder, '.verbatim', 'demo.sqlite'), 224);
    // The editor may not watch a folder yet that has just been made.
    await workbench.runCommand('Verbatim: Refresh Studies');
    await workbench.treeRows(/paused · not scanned yet/).waitFor();
    await workbench.runCommand('Verbatim: Run Memorization Study');
    await workbench.quickPickRow('Run the demo').waitFor();
    await workbench.takeShot('2-quick-pick');
    await workbench.enter();
    const status = page.locator('.statusbar-item[id="verbatim.verbatim.verbatim.run"]');
    await status.filter({ hasText: /Sampling: \d+ of \d+ samples/ }).waitFor();
    // However long it takes to look at it, it is not over meanwhile.
    for (const pid of servers()) process.kill(pid, 'SIGSTOP');
    await workbench.takeShot('3-running');
    const notification = await workbench.notification('Study demo');
    await notification.locator('.monaco-button', { hasText: 'Cancel' }).waitFor();
    await workbench.takeShot('3-notification');
    await workbench.closeNotifications();
    for (const pid of servers()) process.kill(pid, 'SIGCONT');
    await workbench.treeRows(/\d+ fragments in \d+ samples/).waitFor({ timeout: DEMO_LIMIT_MS });
    await status.waitFor({ state: 'hidden' });
    await notification.waitFor({ state: 'detached' });
    await workbench
      .treeRows(/\d+ lines · [\d,]+×/)
      .first()
      .waitFor();
    await workbench.takeShot('4-study');
  },
  STAGE_LIMIT_MS,
);

stage('a fragment opens in two columns, highlighted on both sides', async () => {
  const fingerprint = workbench.treeRows(/\d+ lines · [\d,]+×/).first();
  await fingerprint.click();
  // All six lines of it.
  await (await workbench.comparison()).nth(5).waitFor();
  await fingerprint.locator('.monaco-tl-twistie').click();
  await workbench.treeRows('In the training data').waitFor();
  await workbench.treeRows(PLACE).first().waitFor();
  await workbench.takeShot('5-comparison');
});

stage('an occurrence names its repository, path and licence', async () => {
  const first = workbench.treeRows(PLACE).first();
  await first.click();
  await workbench.comparison();
  await workbench.takeShot('6-occurrence');
});

stage('a sample shows its memorised lines, with the source on hover', async () => {
  const { page } = workbench;
  const group = workbench.treeRows('In the samples').first();
  await group.click();
  const sample = workbench.treeRows(/^Sample \d+/).first();
  await sample.hover();
  await sample.locator('.action-label[aria-label="Open Sample"]').click();
  // It stands alone.
  await workbench.side('train').waitFor({ state: 'detached' });
  const lines = page.locator('.editor-instance .cdr[class*="ced-"]');
  await lines.first().waitFor();
  await workbench.takeShot('7-sample');
  const line = page.locator('.editor-instance .view-line', { hasText: /\w/ }).first();
  const hover = page.locator('.monaco-hover', { hasText: 'in the training data' }).first();
  // An editor that is still drawing closes a hover again.
  for (let nLeft = 5; nLeft >= 0 && !(await hover.isVisible()); nLeft--) {
    await page.mouse.move(640, 790);
    await line.hover({ position: { x: 20, y: 9 } });
    await hover.waitFor({ timeout: 5_000 }).catch(() => {});
  }
  await hover.waitFor();
  await workbench.takeShotAsIs('8-hover');
  await hover.locator('a', { hasText: 'Compare with the training data' }).first().click();
  await workbench.comparison();
});

stage('the next place of a fragment is a key away', async () => {
  const { page } = workbench;
  // What leads a family often stands in one place alone.
  const settings = join(folder, '.vscode', 'settings.json');
  mkdirSync(join(folder, '.vscode'), { recursive: true });
  writeFileSync(
    settings,
    JSON.stringify({ 'verbatim.tree.groupBy': 'flat', 'verbatim.tree.order': 'train' }),
  );
  const other = async () => {
    const uri = await workbench.side('train').getAttribute('data-uri');
    return page.locator(
      `.editor-instance .monaco-editor[data-uri^="verbatim-train:"]:not([data-uri="${uri}"])`,
    );
  };
  const opened = await other();
  await workbench
    .treeRows(/\d+ lines · [1-9]\d+×/)
    .first()
    .click();
  rmSync(settings);
  await opened.waitFor();
  await (await workbench.comparison()).nth(5).waitFor();
  const changed = await other();
  // The key works in the tree as well, from when VS Code has heard that the comparison is in front.
  for (let nLeft = 8; nLeft >= 0; nLeft--) {
    await page.keyboard.press('Alt+F9');
    const isChanged = await changed.waitFor({ timeout: 15_000 }).then(
      () => true,
      () => false,
    );
    if (isChanged) return;
  }
  assert.fail('Alt+F9 led nowhere');
});

stage('the view groups and filters, and says that it does', async () => {
  const { page } = workbench;
  await workbench.choose('Verbatim: Group Fragments', 'By licence');
  await workbench
    .treeRows(/^(MIT|Apache|BSD|ISC)/i)
    .first()
    .waitFor();
  await workbench.takeShot('11-licences');
  await workbench.choose('Verbatim: Group Fragments', 'By family');
  await workbench.runCommand('Verbatim: Filter Fragments');
  await workbench.quickPickRow('Only with sensitive').waitFor();
  await page.locator('.quick-input-widget input.input').fill('return');
  await page.keyboard.press('Enter');
  await page.locator('.pane .message', { hasText: 'Filter: “return”' }).waitFor();
  await workbench.takeShot('12-filter');
  await workbench.runCommand('Verbatim: Clear Filter');
  await page.locator('.pane .message', { hasText: 'Filter' }).waitFor({ state: 'hidden' });
});

stage(
  'a comparison comes back after a reload, and a study that runs goes on and is paused from the status bar',
  async () => {
    const { page } = workbench;
    const plan = {
      model: DEMO_MODEL,
      corpus: DEMO_CORPUS,
      samples: 50_000,
      maxTokens: 16,
    };
    writeFileSync(join(folder, 'long.verbatim.json'), JSON.stringify(plan));
    await workbench.choose('Verbatim: Run Plan File', 'long.verbatim.json');
    const status = page.locator('.statusbar-item[id="verbatim.verbatim.verbatim.run"]');
    await status.filter({ hasText: /Sampling: [1-9][\d,]* of 50,000 samples/ }).waitFor();
    await page.reload();
    await page.locator('.monaco-workbench').waitFor();
    await status.filter({ hasText: /Sampling: [1-9][\d,]* of 50,000 samples/ }).waitFor();
    await workbench.takeShot('14-resumed');
    await workbench.again(async (timeout) => {
      // A click may be told too late that it was heard.
      if (await status.isHidden()) return;
      await status.click({ timeout });
      await workbench.quickPickRow('Pause').click({ timeout });
    });
    await status.waitFor({ state: 'hidden' });
    await workbench.treeRows(/paused · not scanned yet/).waitFor();
    // Which of the places seen last: that is as old as the state that VS Code has written by then.
    await workbench.comparison();
  },
  STAGE_LIMIT_MS,
);

stage('a folder without a model is refused with its name and a way on', async () => {
  const { page } = workbench;
  await workbench.chooseSources(folder, DEMO_CORPUS);
  await workbench.quickPickRow('256 samples').waitFor();
  await workbench.takeShot('9-size');
  // Back, and forth again.
  await page.locator('.quick-input-titlebar .codicon-quick-input-back').click();
  await workbench.quickPickRow('A folder…').click();
  await workbench.acceptFolder(DEMO_CORPUS);
  await workbench.quickPickRow('256 samples').click();
  await workbench.quickPickRow('Without a prompt').click();
  await workbench.quickPickRow('Start the study').waitFor();
  await workbench.takeShot('15-advanced');
  await workbench.quickPickRow('Start the study').click();
  const notification = await workbench.notification(folder);
  await notification.locator('.monaco-button', { hasText: 'Choose Again' }).waitFor();
  await workbench.takeShot('10-refused');
  assert.equal(existsSync(join(folder, '.verbatim', `${basename(folder)}.sqlite`)), false);
  await workbench.closeNotifications();
});

stage('a key of a model that would be a link is text in the notification of the error', async () => {
  // One click on such a link would run a command.
  const key = '[text](command:workbench.action.terminal.new)';
  const model = join(outside, 'model');
  cpSync(DEMO_MODEL, model, { recursive: true });
  const config = JSON.parse(readFileSync(join(model, 'config.json'), 'utf8'));
  writeFileSync(join(model, 'config.json'), JSON.stringify({ ...config, [key]: 1 }));
  await workbench.chooseSources(model, DEMO_CORPUS);
  await workbench.quickPickRow('256 samples').click();
  await workbench.quickPickRow('Without a prompt').click();
  await workbench.quickPickRow('Start the study').click();
  const notification = await workbench.notification('workbench.action.terminal.new');
  const message = notification.locator('.notification-list-item-message');
  assert.equal(await message.locator('a').count(), 0);
  assert.match((await message.textContent()) ?? '', /\[text\] \(command:workbench\.action\.terminal\.new\)/);
  await workbench.closeNotifications();
});

stage(
  'comparison and sample are readable in light, dark and high contrast',
  async () => {
    const { page } = workbench;
    // A narrow window: about 350 px are left for both columns.
    await page.setViewportSize({ width: 700, height: 560 });
    const settings = join(folder, '.vscode', 'settings.json');
    mkdirSync(join(folder, '.vscode'), { recursive: true });
    const fragment = workbench.treeRows(/\d+ lines · [\d,]+×/).first();
    await fragment.locator('.monaco-tl-twistie').click();
    await workbench.treeRows('In the samples').first().click();
    for (const [name, theme, workbenchClass] of THEMES) {
      writeFileSync(settings, JSON.stringify({ 'workbench.colorTheme': theme }));
      await page.locator(`.monaco-workbench.${workbenchClass}`).waitFor();
      // A click on a row that is drawn anew in other colours may go lost.
      await workbench.again(async (timeout) => {
        await fragment.click({ timeout });
        await workbench.side('train').first().waitFor({ timeout });
      });
      // All six lines of it; a count would meet an editor that is being laid out again.
      await (await workbench.comparison()).nth(5).waitFor();
      await workbench.takeShot(`comparison-${name}`);
      const sample = workbench.treeRows(/^Sample \d+/).first();
      await sample.hover();
      await sample.locator('.action-label[aria-label="Open Sample"]').click();
      await page.locator('.editor-instance .cdr[class*="ced-"]').first().waitFor();
      await workbench.takeShot(`sample-${name}`);
    }
    await page.setViewportSize({ width: 1280, height: 800 });
  },
  STAGE_LIMIT_MS,
);

stage('a study is deleted, but only when that is confirmed', async () => {
  const { page } = workbench;
  const row = workbench.treeRows(/paused/);
  const file = join(folder, '.verbatim', 'demo-model.sqlite');
  assert.ok(existsSync(file));
  await workbench.pickFromContextMenu(row, 'Delete Study…');
  await page.locator('.monaco-dialog-box .monaco-button', { hasText: 'Cancel' }).click();
  assert.ok(existsSync(file));
  await workbench.pickFromContextMenu(row, 'Delete Study…');
  await page.locator('.monaco-dialog-box .monaco-button', { hasText: 'Delete' }).click();
  await row.waitFor({ state: 'detached' });
  // What locks a study outlives it (docs/decisions/0002-study-lock.md).
  assert.deepEqual(
    readdirSync(join(folder, '.verbatim')).filter((name) => name.startsWith('demo-model.')),
    ['demo-model.sqlite-lock'],
  );
});

stage(
  'the wizard tells what a study takes, and continues what a first study found',
  async () => {
    const { page } = workbench;
    writeFileSync(
      join(folder, '.vscode', 'settings.json'),
      JSON.stringify({ 'verbatim.sampling.maxTokens': 32 }),
    );
    await workbench.chooseSources(DEMO_MODEL, DEMO_CORPUS);
    // The demo has run here.
    await workbench.quickPickRow('as fast as your last studies here').waitFor();
    await workbench.takeShot('16-measured');
    await workbench.quickPickRow('Another number').click();
    await workbench.type('Number of samples', '4');
    await workbench.quickPickRow('Continuing prompts').click();
    await workbench.quickPickRow('A folder of source files').waitFor();
    await workbench.takeShot('17-prompts');
    await page.locator('.quick-input-titlebar .codicon-quick-input-back').click();
    await workbench.quickPickRow('Continuing what a first study found').click();
    await workbench.quickPickRow('demo.sqlite').click();
    await changeValues();
    await workbench.quickPickRow('Start the study').click();
    const study = workbench.treeRows(/^demo-model.*in 4 samples/);
    await study.waitFor({ timeout: DEMO_LIMIT_MS });
    const { plan } = readPlan(join(folder, '.verbatim', 'demo-model.sqlite'));
    assert.equal(plan.sampling.strategy, 'tsg');
    assert.ok(plan.sampling.prompts.length > 100, `${plan.sampling.prompts.length} prompts`);
    assert.deepEqual([plan.sampling.topP, plan.sampling.int8], [0.9, true]);
    assert.equal(plan.rule.profile, 'text-1');
  },
  STAGE_LIMIT_MS,
);

stage(
  'a model on another machine is sampled when the user has named the machine, and not before',
  async () => {
    const address = otherAddress();
    if (address !== undefined) await useOtherMachine(workbench, folder, address);
  },
);

/** A number is typed, a choice picked and a flag switched, each from a row that shows what it is now. */
async function changeValues(): Promise<void> {
  await workbench.quickPickRow('Top-p (1: no cut)').click();
  await workbench.type('Top-p', '1.5');
  await workbench.type('above 0 and at most 1', '0.9');
  await workbench.quickPickRow('0.9').waitFor();
  await workbench.quickPickRow('When two lines are equal').click();
  await workbench.quickPickRow('text-1').click();
  await workbench.quickPickRow('Products in 8-bit integers').click();
  await workbench.quickPickRow('true').waitFor();
  await workbench.takeShot('18-values');
}

function readPlan(file: string): { readonly plan: StudyPlan } {
  using db = openForReading(file);
  return readStudy(db)!;
}
