// Deaths in the real VS Code while a study runs: of the extension host and of the window. Its background process
// never outlives them for good, and the study goes on in whatever comes after.

import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import type { Page } from 'playwright-core';
import { Workbench } from '../e2e/workbench.ts';
import { DEMO_CORPUS, DEMO_MODEL } from '../support/demo.ts';
import { serversWith, until } from '../support/server-client.ts';
import { WAIT_LIMIT_MS } from '../support/wait-limit.ts';
import { linkExtension } from './launch/link-extension.ts';
import { type Host, startHost } from './launch/start-host.ts';

const skip = process.platform === 'linux' ? false : 'processes are found in /proc';

const folder = mkdtempSync(join(tmpdir(), 'verbatim-deaths-'));
const marker = `VERBATIM_DEATHS_TEST=${folder}`;
const workspace = join(folder, 'workspace');
let host: Host;

before(async () => {
  if (skip !== false) return;
  mkdirSync(workspace);
  linkExtension(join(folder, 'extensions'));
  host = await startHost({
    extensionsDir: join(folder, 'extensions'),
    workspace,
    settings: { 'verbatim.execution.workers': 1 },
    env: { VERBATIM_DEATHS_TEST: folder },
  });
  host.page.setDefaultTimeout(WAIT_LIMIT_MS);
});

after(async () => {
  await host?.close();
  rmSync(folder, { recursive: true, force: true });
});

test('a study outlives its extension host and its window, and no process of theirs stays', {
  skip,
}, async (t) => {
  const { page } = host;
  const plan = {
    model: DEMO_MODEL,
    corpus: DEMO_CORPUS,
    samples: 500_000,
    maxTokens: 16,
  };
  writeFileSync(join(workspace, 'long.verbatim.json'), JSON.stringify(plan));
  let workbench = new Workbench(page);
  // The palette offers what was known when it opened.
  await page.locator('.activitybar a.action-label[aria-label^="Verbatim"]').waitFor();
  await workbench.choose('Verbatim: Run Plan File', 'long.verbatim.json');
  const before = await nSampled(page, 1);
  const [server, ...others] = servers();
  assert.deepEqual(others, []);

  await t.test('the extension host is killed', async () => {
    process.kill(parentOf(server!), 'SIGKILL');
    await until('the server ended', () => !servers().includes(server!));
    await nSampled(page, before + 1);
    assert.equal(servers().length, 1);
  });

  await t.test('the window is closed without a question, and another one opens', async () => {
    const [old] = servers();
    const next = await page.context().newPage();
    const url = page.url();
    await page.close();
    await until('the server ended', () => !servers().includes(old!));
    await next.goto(url);
    await nSampled(next, before + 1);
    assert.equal(servers().length, 1);
    workbench = new Workbench(next);
  });

  await t.test('the background process is killed, and the view offers to go on', async () => {
    process.kill(servers()[0]!, 'SIGKILL');
    await workbench.treeRows(/paused · not scanned yet/).waitFor();
  });
});

/** Waits until that many samples are made, as the status bar says. */
async function nSampled(page: Page, atLeast: number): Promise<number> {
  const status = page.locator('.statusbar-item', { hasText: /Sampling: / });
  const giveUpAt = Date.now() + WAIT_LIMIT_MS;
  for (;;) {
    const text = (await status.textContent()) ?? '';
    const n = Number(/Sampling: ([\d,]+) of/.exec(text)?.[1]?.replaceAll(',', '') ?? 0);
    if (n >= atLeast) return n;
    assert.ok(Date.now() < giveUpAt, `Only ${n} samples: ${text}`);
    await page.waitForTimeout(200);
  }
}

const servers = () => serversWith(marker);

const parentOf = (pid: number) =>
  Number(/^PPid:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]);
