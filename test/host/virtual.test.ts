// A window whose only folder is virtual: the extension stays out of it, says why where VS Code says such things, and
// starts nothing. With a real folder beside the virtual one it is there.

import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import type { Locator, Page } from 'playwright-core';
import { Workbench } from '../e2e/workbench.ts';
import { WAIT_LIMIT_MS } from '../support/wait-limit.ts';
import { linkExtension } from './launch/link-extension.ts';
import { type Host, startHost } from './launch/start-host.ts';

const ROOT = join(import.meta.dirname, '..', '..');
const skip = process.platform === 'linux' ? false : 'the host is for Linux';
const folder = mkdtempSync(join(tmpdir(), 'verbatim-virtual-'));
const extensionsDir = join(folder, 'extensions');
/** How long a window is looked at before it is loaded again; then twice as long, since the machine may be busy. */
const LOADING_MS = 4_000;
let host: Host | undefined;

linkExtension(extensionsDir);

after(async () => {
  await host?.close();
  rmSync(folder, { recursive: true, force: true });
});

test('a window with virtual folders alone is left alone, politely', { skip }, async () => {
  const page = await open('virtual.code-workspace', [{ uri: 'memory:/project' }]);
  const workbench = new Workbench(page);
  // A window that was loaded again draws what it had, until it has heard of its extensions.
  await activityIcon(page).waitFor({ state: 'detached' });
  // The extensions view says what VS Code was told.
  await workbench.runCommand('Extensions: Show Installed Extensions');
  const row = page.locator('.extension-list-item', { hasText: 'Verbatim' });
  await row.waitFor();
  await row.click();
  const { 'capability.virtual': reason } = JSON.parse(readFileSync(join(ROOT, 'package.nls.json'), 'utf8'));
  await page.locator('.extension-editor', { hasText: reason }).waitFor();
  assert.equal(await activityIcon(page).count(), 0);
});

test('a real folder beside a virtual one is enough', { skip }, async () => {
  mkdirSync(join(folder, 'real'), { recursive: true });
  const folders = [{ uri: 'memory:/project' }, { path: join(folder, 'real') }];
  await activityIcon(await open('both.code-workspace', folders)).waitFor();
});

const activityIcon = (page: Host['page']): Locator =>
  page.locator('.activitybar a.action-label[aria-label^="Verbatim"]');

/** One window after the other: the second takes the first one's place. */
async function open(name: string, folders: readonly object[]): Promise<Page> {
  const workspace = join(folder, name);
  writeFileSync(workspace, JSON.stringify({ folders }));
  if (host === undefined) {
    host = await startHost({ extensionsDir, workspace });
    host.page.setDefaultTimeout(WAIT_LIMIT_MS);
  } else {
    const address = new URL(host.page.url());
    address.searchParams.set('workspace', workspace);
    await host.page.goto(address.href);
  }
  await showFolders(host.page);
  return host.page;
}

/** A window whose workspace's file can be read just before VS Code listens for that stays without folders: it is loaded again. */
async function showFolders(page: Page): Promise<void> {
  const project = page.locator('.monaco-list-row', { hasText: 'project' });
  const giveUpAt = Date.now() + WAIT_LIMIT_MS;
  for (let timeout = LOADING_MS; ; timeout *= 2) {
    try {
      return await project.waitFor({ timeout });
    } catch (error) {
      if (Date.now() > giveUpAt) throw error;
      await page.reload();
    }
  }
}

test('it runs where the workspace is, and refuses virtual ones by its manifest', () => {
  const manifest = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
  assert.deepEqual(manifest.extensionKind, ['workspace']);
  assert.equal(manifest.capabilities.virtualWorkspaces.supported, false);
  assert.match(manifest.capabilities.virtualWorkspaces.description, /^%.*%$/);
});
