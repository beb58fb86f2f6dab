#!/usr/bin/env node
// The command's entry: makes sure of a Node that has what Verbatim needs, then loads the rest. It imports
// nothing else, because an older Node would stop at the imports already.

import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { adviseSqlite, refuseNode } from './node-version.ts';

const refusal = refuseNode(process.versions.node);
if (refusal === null) {
  const advice = adviseSqlite(process.versions);
  if (advice !== null) process.stderr.write(`verbatim: ${advice}\n`);
  await import('./cli-main.ts');
} else relaunch(refusal);

/** Runs the same command on the Node that was installed as a package, where there is one. */
function relaunch(refusal: string): void {
  const node = findNode();
  if (node === null || process.env.VERBATIM_RELAUNCHED) {
    process.stderr.write(`${refusal}\n`);
    process.exitCode = 1;
    return;
  }
  const env = { ...process.env, VERBATIM_RELAUNCHED: String(process.pid) };
  const child = spawn(node, process.argv.slice(1), { stdio: 'inherit', env });
  // A terminal sends Ctrl-C to both; what is sent to this process alone is handed on.
  process.on('SIGINT', () => process.stdin.isTTY || child.kill('SIGINT'));
  process.on('SIGTERM', () => child.kill('SIGTERM'));
  child.once('error', ({ message }) => {
    process.stderr.write(`${refusal}\n  ${message}\n`);
    process.exitCode = 1;
  });
  child.once('exit', (status, signal) => {
    process.exitCode = signal ? 1 : (status ?? 1);
  });
}

function findNode(): string | null {
  try {
    const folder = dirname(createRequire(import.meta.url).resolve('node/package.json'));
    const node = join(folder, 'bin', process.platform === 'win32' ? 'node.exe' : 'node');
    return existsSync(node) ? node : null;
  } catch {
    return null;
  }
}
