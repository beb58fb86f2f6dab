// A key of a stranger's model that would be a link in the workbench's own notifications: one click on it would run a command.

import assert from 'node:assert/strict';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { type Host, startHost } from '../host/launch/start-host.ts';
import { DEMO_CORPUS, DEMO_MODEL } from '../support/demo.ts';
import { WAIT_LIMIT_MS } from '../support/wait-limit.ts';
import { Workbench } from './workbench.ts';

const ROOT = join(import.meta.dirname, '..', '..');
const KEY = '[text](command:workbench.action.terminal.new)';

const folder = mkdtempSync(join(tmpdir(), 'verbatim-hostile-'));
const model = join(folder, 'model');
let host: Host;
let workbench: Workbench;

before(async () => {
  cpSync(DEMO_MODEL, model, { recursive: true });
  const config = JSON.parse(readFileSync(join(model, 'config.json'), 'utf8'));
  writeFileSync(join(model, 'config.json'), JSON.stringify({ ...config, [KEY]: 1 }));
  host = await startHost({ extensionDevelopmentPaths: [ROOT], workspace: folder });
  host.page.setDefaultTimeout(WAIT_LIMIT_MS);
  workbench = new Workbench(host.page);
});

after(async () => {
  await host?.close();
  rmSync(folder, { recursive: true, force: true });
});

test('a key that would be a link is text in the notification of the error', async () => {
  const { page } = workbench;
  await page.locator('.activitybar a.action-label[aria-label^="Verbatim"]').waitFor();
  await workbench.chooseSources(model, DEMO_CORPUS);
  await workbench.quickPickRow('256 samples').click();
  await workbench.quickPickRow('Without a prompt').click();
  await workbench.quickPickRow('Start the study').click();
  await page.locator('#status\\.notifications').click();
  const message = page.locator('.notifications-center .notification-list-item-message', {
    hasText: 'workbench.action.terminal.new',
  });
  await message.waitFor();
  assert.equal(await message.locator('a').count(), 0);
  assert.match((await message.textContent()) ?? '', /\[text\] \(command:workbench\.action\.terminal\.new\)/);
});
