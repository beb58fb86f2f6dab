// Brings a fresh clone to where everything runs: packages, bundles and the demo corpus. Each step is
// skipped when its result is there already. Runs on whatever Node starts npm scripts.

import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { refuseNode } from './check-node.mjs';

export const root = fileURLToPath(new URL('..', import.meta.url));
/** Node 24, brought by a dependency: the system's may be older. */
export const node = join(
  root,
  'node_modules',
  'node',
  'bin',
  process.platform === 'win32' ? 'node.exe' : 'node',
);

const PROGRAMS = [
  ['Bundling', ['esbuild.mjs']],
  ['Building the demo corpus', ['demo/build-corpus.ts']],
];

export function setUp() {
  installPackages();
  for (const [title, args] of PROGRAMS) run(title, node, args);
}

/** Bundles the programs, and meanwhile builds what the demo is run on, which mostly waits for the network. */
export const makePrograms = () => PROGRAMS.map(([title, args]) => runBeside(title, node, args));

export function installPackages() {
  const stamp = join(root, 'node_modules', '.verbatim-stamp');
  const hash = createHash('sha256')
    .update(readFileSync(join(root, 'package-lock.json')))
    .digest('hex');
  if (existsSync(node) && existsSync(stamp) && readFileSync(stamp, 'utf8') === hash) return;
  run('Installing packages', process.platform === 'win32' ? 'npm.cmd' : 'npm', ['ci', '--loglevel=error']);
  const refusal = refuseNode(node);
  if (refusal !== undefined) {
    console.error(`The Node that was installed is not run: ${refusal} (scripts/check-node.mjs)`);
    process.exit(1);
  }
  mkdirSync(join(root, 'node_modules'), { recursive: true });
  writeFileSync(stamp, hash);
}

/** Starts a step beside whatever else is done, and ends the process with its exit code if it fails. */
export async function runBeside(title, command, args) {
  console.error(`${title} …`);
  const step = spawn(command, args, { cwd: root, stdio: 'inherit' });
  process.once('exit', () => step.kill());
  const [code, signal] = await once(step, 'exit');
  if (code === 0) return;
  console.error(`${title} failed${signal ? ` (${signal})` : ''}`);
  process.exit(code ?? 1);
}

/** Runs a step and ends the process with its exit code if it fails. */
export function run(title, command, args, options = {}) {
  if (title) console.error(`${title} …`);
  const { status, signal, error } = spawnSync(command, args, { cwd: root, stdio: 'inherit', ...options });
  if (status === 0) return;
  console.error(`${title || command} failed${error ? `: ${error.message}` : signal ? ` (${signal})` : ''}`);
  process.exit(status ?? 1);
}
