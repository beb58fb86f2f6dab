// Runs a command in this process's own group, and ends the whole group when the command ends or when our
// standard input closes: so also when whoever started us was killed. Started by code-server.ts, detached.

import { spawn } from 'node:child_process';

const GRACE_MS = 2_000;

const [root, command, ...args] = process.argv.slice(2);
if (root === undefined || command === undefined) throw new Error('usage: guard.ts ROOT COMMAND [ARGUMENT…]');

const child = spawn(command, args, { stdio: ['ignore', 'inherit', 'inherit'] });
const state = { isEnding: false };

child.on('error', (error) => {
  console.error(`guard: ${error.message}`);
  finish();
});
child.on('exit', (code, signal) => {
  if (!state.isEnding) console.error(`guard: the command ended (${code ?? signal})`);
  finish();
});
process.stdin.resume();
process.stdin.on('close', end);
process.stdin.on('error', end);
for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.on(signal, end);
process.stdout.on('error', () => {}); // The reader may be gone already.

function end(): void {
  if (state.isEnding) return;
  state.isEnding = true;
  child.kill('SIGTERM');
  setTimeout(finish, GRACE_MS);
}

/** Ends the group, us included. Whoever still writes would bring the folder back, so it goes after them. */
function finish(): void {
  const cleaner = spawn(process.execPath, ['-e', CLEAN_UP, `${process.pid}`, root!], {
    detached: true,
    stdio: 'ignore',
  });
  cleaner.on('spawn', () => process.kill(-process.pid, 'SIGKILL'));
}

const CLEAN_UP = `
const [group, folder] = process.argv.slice(1);
const isAlive = () => {
  try {
    return process.kill(-group, 0);
  } catch {
    return false;
  }
};
const timer = setInterval(() => {
  if (isAlive()) return;
  clearInterval(timer);
  require('node:fs').rmSync(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 50 });
}, 20);`;
