// The thread of a long command: the same program, with streams that know the terminal.

import { parentPort, workerData } from 'node:worker_threads';
import { runCommand } from './cli/run-command.ts';
import type { CommandThread } from './cli/thread-of-command.ts';

const { terminals } = workerData as CommandThread;
Object.assign(process.stdout, terminals.stdout);
Object.assign(process.stderr, terminals.stderr);
parentPort!
  .on('message', (message: unknown) => {
    if (typeof message === 'object') Object.assign(process.stderr, message);
  })
  .unref();
await runCommand();
