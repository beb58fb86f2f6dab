// The thread of end-with-parent.ts. It imports nothing that is large: it lives as long as the process.

import { setTimeout as sleep } from 'node:timers/promises';
import { parentPort, workerData } from 'node:worker_threads';
import type { ParentWatch } from './end-with-parent.ts';

const LOOK_EVERY_MS = 250;

const { parent, graceMs } = workerData as ParentWatch;
parentPort?.postMessage('watching');
while (isThere(parent)) await sleep(LOOK_EVERY_MS);
await sleep(graceMs);
process.kill(process.pid, 'SIGKILL');

/** An orphan is given another parent on Unix; on Windows it keeps the number of the one that is gone. */
function isThere(pid: number): boolean {
  if (process.ppid !== pid) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
