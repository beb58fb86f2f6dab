// The first minutes of somebody who installs the package: a clean profile, the .vsix, no checkout, no terminal.
// The extension runs from where it was installed, with no packages in any folder above.

import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { version } from '../../server/version.ts';
import { installExtension } from '../host/launch/install-extension.ts';
import { type Host, startHost } from '../host/launch/start-host.ts';
import { buildPackages, lonelyFolder } from '../support/packages.ts';
import { WAIT_LIMIT_MS } from '../support/wait-limit.ts';
import { Workbench } from './workbench.ts';

const DEMO_LIMIT_MS = 2 * WAIT_LIMIT_MS;

let host: Host;
let workbench: Workbench;

// Before the folder goes, which has a hook of its own.
after(() => host?.close());

const folder = lonelyFolder();
const extensionsDir = join(folder, 'extensions');
const workspace = join(folder, 'project');

before(async () => {
  mkdirSync(workspace);
  const target = `linux-${process.arch}`;
  await buildPackages(folder, target);
  await installExtension(join(folder, `verbatim-${target}-${version}.vsix`), extensionsDir);
  host = await startHost({ extensionsDir, workspace });
  host.page.setDefaultTimeout(WAIT_LIMIT_MS);
  workbench = new Workbench(host.page);
});

function stage(name: string, run: () => Promise<void>): void {
  test(name, async () => {
    try {
      await run();
    } catch (error) {
      await workbench?.takeFailure('first-run-failed');
      throw error;
    }
  });
}

stage('the walkthrough explains what there is to do', async () => {
  const { page } = workbench;
  await workbench.choose('Welcome: Open Walkthrough...', 'Verbatim');
  const steps = page.locator('.getting-started-step');
  await steps.nth(2).waitFor();
  await demoButton().waitFor();
  await workbench.takeShot('first-run-1-walkthrough');
});

const demoButton = () =>
  workbench.page.locator('.getting-started-step.expanded .monaco-button', { hasText: /demo/i }).first();

stage('its button runs the demo to a finished study', async () => {
  await demoButton().click();
  await workbench.treeRows(/\d+ fragments in \d+ samples/).waitFor({ timeout: DEMO_LIMIT_MS });
  await workbench.takeShot('first-run-2-study');
  const study = join(workspace, '.verbatim', 'demo.sqlite');
  assert(existsSync(study), readdirSync(workspace).join());
});

stage('a fingerprint opens beside its source', async () => {
  await workbench
    .treeRows(/\d+ lines · [\d,]+×/)
    .first()
    .click();
  await workbench.comparison();
  await workbench.takeShot('first-run-3-comparison');
});

stage('everything ran from the installed package', async () => {
  const installed = readdirSync(extensionsDir).filter((name) => name.startsWith('verbatim.'));
  assert.equal(installed.length, 1);
  assert(existsSync(join(extensionsDir, installed[0] ?? '', 'dist', 'node_modules', 'onnxruntime-node')));
});
