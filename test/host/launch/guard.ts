// Runs a command in this process's own group, and ends the whole group when the command ends or when our
// standard input closes: so also when whoever started us was killed. Started by code-server.ts, detached.

import { spawn } from 'node:child_process';
import { rmSync } from 'node:fs';

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

function finish(): void {
  rmSync(root!, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 });
  process.kill(-process.pid, 'SIGKILL'); // Us included.
}
