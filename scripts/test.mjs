// `npm test`: set-up if needed, then lint, formatting, types and every test: unit, server, the real
// VS Code and a real browser. Arguments choose test files: `npm test -- test/unit/store/store.test.ts`.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { node, root, run, setUp } from './setup.mjs';

const TEST_LIMIT_MS = 5 * 60_000;
/** Several times what all tests take on two cores. */
const RUN_LIMIT_MS = 25 * 60_000;
const chosen = process.argv.slice(2);
const isWhole = chosen.length === 0;

setUp();
if (isWhole) {
  run('Checking lint and formatting', 'node_modules/.bin/biome', ['check', '.']);
  run('Checking types', 'node_modules/.bin/tsc', ['-b']);
  installChromium();
  run('Installing the VS Code test host', node, ['test/host/setup.mjs']);
}
await runTests(isWhole ? allTests() : chosen);

/** Tests that wait for ever, or leave a process behind that is waited for, must fail rather than hang. */
async function runTests(files) {
  console.error('Testing …');
  const options = ['--test-concurrency=2', '--test-reporter=spec', `--test-timeout=${TEST_LIMIT_MS}`];
  const runner = spawn(node, ['--test', ...options, ...files], { cwd: root, stdio: 'inherit' });
  // Interrupted, the runner says what it was waiting for.
  const interrupt = setTimeout(() => {
    console.error(`The tests were still running after ${RUN_LIMIT_MS / 60_000} minutes: interrupting them`);
    runner.kill('SIGINT');
    setTimeout(() => runner.kill('SIGKILL'), 10_000).unref();
  }, RUN_LIMIT_MS);
  const [status] = await once(runner, 'exit');
  clearTimeout(interrupt);
  process.exit(status ?? 1);
}

function allTests() {
  // The slow ones first: they overlap with the rest.
  return ['e2e', 'host', 'server', 'unit'].flatMap((kind) =>
    readdirSync(join(root, 'test', kind), { recursive: kind === 'unit' })
      .filter((name) => name.endsWith('.test.ts'))
      .map((name) => `test/${kind}/${name}`),
  );
}

/** The browser that shows the workbench. Debian's, since browsers of test tools download themselves. */
function installChromium() {
  if (process.env.CHROMIUM || existsSync('/usr/bin/chromium')) return;
  if (process.getuid?.() === 0 && existsSync('/usr/bin/apt-get')) {
    run('Updating package lists', 'apt-get', ['update', '-qq']);
    run('Installing chromium', 'apt-get', ['install', '-y', '-qq', '--no-install-recommends', 'chromium']);
    return;
  }
  console.error('The tests of the user interface need Chromium: install it, or set CHROMIUM to its path.');
  process.exit(1);
}
