// Makes test/host/node_modules ready: code-server and its own modules. Runs on any Node from 20 on, takes some
// seconds (420 MB) once, and nothing after that: a stamp holds the hash of what decides the outcome. It is apart from
// the root's dependencies because code-server's own install step insists on another Node. Nothing is compiled: without
// its two native modules VS Code's server writes no log files, and says so.

import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { CHROMIUM_PACKAGE, findChromium } from '../../scripts/chromium.mjs';

const here = dirname(fileURLToPath(import.meta.url));
const stamp = join(here, 'node_modules', '.ready');
/** VS Code's agents and containers, a third of it all, which no editor here starts. */
const NOT_NEEDED = ['@github/copilot-sdk', '@microsoft/mxc-sdk', '@devcontainers/cli'];
const quiet = ['--no-audit', '--no-fund', '--no-update-notifier', '--loglevel=error'];

checkHost();
const wanted = hashOf('package-lock.json', 'setup.mjs');
if (!existsSync(stamp) || readFileSync(stamp, 'utf8') !== wanted) {
  console.log('Installing the test host (code-server) …');
  await install();
  writeFileSync(stamp, wanted);
}

async function install() {
  await npm(here, ['ci', '--ignore-scripts']);
  const vscode = join(here, 'node_modules', 'code-server', 'lib', 'vscode');
  leaveOut(vscode, NOT_NEEDED);
  await Promise.all([
    // Not `npm ci`: npm calls the shrinkwrap that code-server ships out of sync.
    npm(vscode, ['install', '--omit=dev', '--ignore-scripts']),
    // TypeScript's language features, so that the editors behave as a user's do.
    npm(join(vscode, 'extensions'), ['install', '--omit=dev', '--ignore-scripts']),
  ]);
}

function leaveOut(folder, names) {
  const file = join(folder, 'package.json');
  const manifest = JSON.parse(readFileSync(file, 'utf8'));
  for (const name of names) delete manifest.dependencies[name];
  writeFileSync(file, JSON.stringify(manifest, null, 2));
}

async function npm(cwd, args) {
  const running = spawn('npm', [...args, ...quiet], { cwd, stdio: ['ignore', 'inherit', 'inherit'] });
  const [code] = await once(running, 'exit');
  if (code === 0) return;
  console.error(`test/host: \`npm ${args.join(' ')}\` failed in ${cwd}`);
  process.exit(1);
}

function checkHost() {
  if (process.platform !== 'linux') return; // There the tests download VS Code.
  const chromium = findChromium();
  if (chromium === null || !existsSync(chromium)) {
    fail(`the real-editor tests need Chromium, and ${chromium ?? 'it'} is not there`, CHROMIUM_PACKAGE);
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
