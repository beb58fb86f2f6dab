// `npm test`: set-up if needed, then lint, formatting, types and every test: unit, server, the real
// VS Code and a real browser. Arguments choose test files or rooms: `npm test -- test/server/score-cli.test.ts`.

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { CHROMIUM_PACKAGE, findChromium } from './chromium.mjs';
import { node, root, run, runBeside, setUp } from './setup.mjs';
import { allTests, chosenTests } from './test-files.mjs';

const chosen = chosenTests(root, process.argv.slice(2));
const isWhole = chosen.length === 0;

setUp();
if (isWhole) {
  // Types take one core and lint a moment, while Chromium and the host mostly wait for the network.
  const checks = [
    runBeside('Checking types', 'node_modules/.bin/tsc', ['-b']),
    runBeside('Checking lint and formatting', 'node_modules/.bin/biome', ['check', '.']),
  ];
  installChromium();
  run('Installing the VS Code test host', node, ['test/host/setup.mjs']);
  await Promise.all(checks);
}
// What set-up has just bundled is what the tests start: a bundle's threads begin in half the time.
const env = { ...process.env, VERBATIM_BUNDLES: join(root, 'dist') };
run('Testing', node, ['scripts/run-tests.mjs', ...(isWhole ? allTests(root) : chosen)], { env });

/** The browser that shows the workbench. Debian's, since browsers of test tools download themselves. */
function installChromium() {
  if (findChromium() !== null) return;
  if (process.getuid?.() === 0 && existsSync('/usr/bin/apt-get')) {
    run('Updating package lists', 'apt-get', ['update', '-qq']);
    const install = ['install', '-y', '-qq', '--no-install-recommends', CHROMIUM_PACKAGE];
    run('Installing Chromium', 'apt-get', install);
    return;
  }
  console.error('The tests of the user interface need Chromium: install it, or set CHROMIUM to its path.');
  process.exit(1);
}
