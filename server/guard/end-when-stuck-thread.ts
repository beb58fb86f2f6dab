// The thread of end-when-stuck.ts.

import { setTimeout as sleep } from 'node:timers/promises';
import { parentPort, workerData } from 'node:worker_threads';
import type { StuckWatch } from './end-when-stuck.ts';

const LOOK_EVERY_MS = 250;
const WALL_TIMES = 10;

const { beat, cpuMs } = workerData as StuckWatch;
parentPort?.postMessage('watching');
let seen = -1;
let since = now();
for (;;) {
  await sleep(LOOK_EVERY_MS);
  const current = Atomics.load(beat, 0);
  if (current !== seen) {
    seen = current;
    since = now();
    continue;
  }
  const { cpu, wall } = now();
  if (cpu - since.cpu > cpuMs || wall - since.wall > WALL_TIMES * cpuMs) process.kill(process.pid, 'SIGKILL');
}

/** In ms; of the processor, all that the process used. */
function now(): { readonly cpu: number; readonly wall: number } {
  const { user, system } = process.cpuUsage();
  return { cpu: (user + system) / 1000, wall: performance.now() };
}
