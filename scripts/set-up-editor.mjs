// What the tests of the user interface need: Chromium and the test host, VS Code's own server. Apart from the rest of
// set-up, and on whatever Node there is, so that both can go on beside each other: each waits for the network.

import { existsSync } from 'node:fs';
import { CHROMIUM_PACKAGE, findChromium } from './chromium.mjs';
import { run } from './setup.mjs';

installChromium();
run('Installing the VS Code test host', process.execPath, ['test/host/setup.mjs']);

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
