// A workspace that is not trusted: studies can be looked at and the demo can be run, but nothing that came with
// the workspace is loaded, and nothing is written into it.

import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { type Host, startHost } from '../host/launch/start-host.ts';
import { copyPausedDemo } from '../support/demo-study.ts';
import { scratchFolder } from '../support/scratch.ts';
import { WAIT_LIMIT_MS } from '../support/wait-limit.ts';
import { Workbench } from './workbench.ts';

const ROOT = join(import.meta.dirname, '..', '..');

/** The extension's own storage, where the demo was run once and paused. */
const STORED_DEMO = join('User', 'globalStorage', 'verbatim.verbatim', 'demo.sqlite');

const files = scratchFolder();
const folder = mkdtempSync(join(tmpdir(), 'verbatim-restricted-'));
let host: Host;
let workbench: Workbench;

before(async () => {
  const begun = join(files, 'demo.sqlite');
  await copyPausedDemo(begun, 252);
  host = await startHost({
    extensionDevelopmentPaths: [ROOT],
    workspace: folder,
    isRestricted: true,
    userFiles: { [STORED_DEMO]: begun },
  });
  host.page.setDefaultTimeout(WAIT_LIMIT_MS);
  workbench = new Workbench(host.page);
});

after(async () => {
  await host?.close();
  rmSync(folder, { recursive: true, force: true });
});

test('an untrusted workspace offers the demo alone, and is not written to', async () => {
  const { page } = workbench;
  await page.locator('.statusbar-item', { hasText: 'Restricted Mode' }).waitFor();
  // The palette offers what was known when it opened.
  await page.locator('.activitybar a.action-label[aria-label^="Verbatim"]').waitFor();
  await workbench.runCommand('Verbatim: Run Memorization Study');
  await workbench.quickPickRow('Run the demo').waitFor();
  await workbench.quickPickRow('Trust this workspace').waitFor();
  assert.equal(await workbench.quickPickRow('Choose a model').count(), 0);
  await workbench.takeShot('restricted');
  await workbench.enter();
  await workbench.treeRows(/\d+ fragments in \d+ samples/).waitFor({ timeout: 2 * WAIT_LIMIT_MS });
  assert.equal(existsSync(join(folder, '.verbatim')), false);
});
