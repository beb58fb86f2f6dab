// The host itself: a failure inside the editor is a failure outside, and nothing outlives a death.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { WAIT_LIMIT_MS } from '../support/wait-limit.ts';

const LAUNCHER = join(import.meta.dirname, 'launch', 'vscode-host.ts');
const skip = process.platform === 'linux' ? false : 'the host is for Linux';

// Two at a time: the third one mostly waits.
describe('the host', { concurrency: 2 }, () => {
  test('a test that throws ends with 1', { skip }, async (t) => {
    const { ended } = launch(t, 'exports.run = async () => { throw new Error("it failed"); };');
    assert.equal(await ended, 1);
  });

  test('an extension host that dies in the middle ends with 70, not with success', { skip }, async (t) => {
    const { ended } = launch(
      t,
      'exports.run = () => new Promise(() => process.kill(process.pid, "SIGKILL"));',
    );
    assert.equal(await ended, 70);
  });

  test('no result in time ends with 124', { skip }, async (t) => {
    const { ended } = launch(t, 'exports.run = () => new Promise(() => {});', {
      VSCODE_HOST_TIMEOUT_MS: '6000',
    });
    assert.equal(await ended, 124);
  });

  test('a killed launcher leaves no process and no file behind', { skip }, async (t) => {
    const started = Promise.withResolvers<void>();
    const {
      process: launcher,
      marker,
      ended,
      scratch,
    } = launch(
      t,
      `exports.run = () => {
        require('node:child_process').spawn('sleep', ['300']);
        console.log('started');
        return new Promise(() => {});
      };`,
    );
    launcher.stdout.on('data', (chunk) => String(chunk).includes('started') && started.resolve());
    await started.promise;
    const before = processesWith(marker);
    assert.ok(before.length >= 4, `Only ${before.length} processes: the marker is not handed down`);
    launcher.kill('SIGKILL');
    await ended;
    const giveUpAt = Date.now() + WAIT_LIMIT_MS;
    const isClean = () => processesWith(marker).length === 0 && readdirSync(scratch).length === 0;
    while (!isClean() && Date.now() < giveUpAt) await new Promise((resolve) => setTimeout(resolve, 100));
    assert.deepEqual(processesWith(marker), []);
    assert.deepEqual(readdirSync(scratch), []);
  });
});

function launch(t: { after(work: () => void): void }, entry: string, env: Record<string, string> = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'vlt-'));
  const scratch = mkdtempSync(join(tmpdir(), 'vls-'));
  const marker = `VERBATIM_LAUNCH_TEST=${folder}`;
  t.after(() => {
    for (const made of [folder, scratch]) rmSync(made, { recursive: true, force: true });
  });
  writeFileSync(join(folder, 'package.json'), EXTENSION);
  writeFileSync(join(folder, 'tests.js'), entry);
  const launched = spawn(
    process.execPath,
    [LAUNCHER, `--extensionDevelopmentPath=${folder}`, `--extensionTestsPath=${join(folder, 'tests.js')}`],
    {
      env: { ...process.env, TMPDIR: scratch, VERBATIM_LAUNCH_TEST: folder, ...env },
      stdio: ['ignore', 'pipe', 'ignore'],
    },
  );
  const ended = once(launched, 'exit').then(([code]) => code as number | null);
  return { process: launched, marker, ended, scratch };
}

const EXTENSION = JSON.stringify({
  name: 'empty',
  publisher: 'test',
  version: '0.0.1',
  engines: { vscode: '*' },
});

/** Processes whose environment holds the marker, which every descendant inherits. */
function processesWith(marker: string): readonly string[] {
  return readdirSync('/proc').filter((pid) => {
    const file = `/proc/${pid}/environ`;
    if (!/^\d+$/.test(pid) || !existsSync(file)) return false;
    try {
      return readFileSync(file, 'latin1').split('\0').includes(marker);
    } catch {
      return false; // It ended in the meantime.
    }
  });
}
