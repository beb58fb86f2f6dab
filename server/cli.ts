#!/usr/bin/env node
// The command's entry: makes sure of a Node that has what Verbatim needs, then loads the rest. It imports
// nothing else, because an older Node would stop at the imports already.

import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const NEEDED_MAJOR = 24;

if (Number.parseInt(process.versions.node, 10) >= NEEDED_MAJOR) await import('./cli-main.ts');
else relaunch();

/** Runs the same command on the Node that comes as a dependency, where there is one. */
function relaunch(): void {
  const name = process.platform === 'win32' ? 'node.exe' : 'node';
  const own = fileURLToPath(new URL(`../node_modules/node/bin/${name}`, import.meta.url));
  if (!existsSync(own)) {
    console.error(`verbatim: Node ${NEEDED_MAJOR} or later is needed, this is ${process.versions.node}`);
    console.error(
      `  Install it, or let npm bring it along: npx -p node@${NEEDED_MAJOR} -p verbatim verbatim …`,
    );
    process.exitCode = 1;
    return;
  }
  const { status, signal } = spawnSync(own, process.argv.slice(1), { stdio: 'inherit' });
  process.exitCode = signal ? 1 : (status ?? 1);
}
