// `npm test`: set-up if needed, then lint, formatting, types and every test: unit, server, the real
// VS Code and a real browser. Arguments choose test files: `npm test -- test/unit/store.test.ts`.

import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { node, root, run, setUp } from './setup.mjs';

const chosen = process.argv.slice(2);
const isWhole = chosen.length === 0;

setUp();
if (isWhole) {
  run('Checking lint and formatting', 'node_modules/.bin/biome', ['check', '.']);
  run('Checking types', 'node_modules/.bin/tsc', ['-b']);
  installChromium();
  run('Installing the VS Code test host', node, ['test/host/setup.mjs']);
}
run('Testing', node, [
  '--test',
  '--test-concurrency=2',
  '--test-reporter=spec',
  // A test that waits for ever, or fails and leaves a process behind, must fail rather than hang.
  '--test-timeout=300000',
  '--test-force-exit',
  ...(isWhole ? allTests() : chosen),
]);

function allTests() {
  // The slow ones first: they overlap with the rest.
  return ['e2e', 'host', 'server', 'unit'].flatMap((kind) =>
    readdirSync(join(root, 'test', kind))
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
