// Ends this process when its own thread has not come to its next piece of work for too long: a query of SQLite, a
// parser or a regular expression cannot be stopped from beside, and none of them is worth a process that never ends.
// Time is the processor's, so that a busy machine or a slow disk makes nothing stuck.

import { Worker } from 'node:worker_threads';
import { programUrl } from '../program-url.ts';
import { startWatch } from './start-watch.ts';

export interface StuckWatch {
  /** Counts on whenever the thread comes to itself. */
  readonly beat: Int32Array<SharedArrayBuffer>;
  readonly cpuMs: number;
}

const BEAT_EVERY_MS = 200;

/** Kills the process after `cpuMs` of work in one piece, or ten times as long without any; from when it resolves on. */
export function endWhenStuck(cpuMs: number): Promise<void> {
  const beat = new Int32Array(new SharedArrayBuffer(4));
  setInterval(() => Atomics.add(beat, 0, 1), BEAT_EVERY_MS).unref();
  const workerData: StuckWatch = { beat, cpuMs };
  const resourceLimits = { maxOldGenerationSizeMb: 16, maxYoungGenerationSizeMb: 1 };
  const url = programUrl('./end-when-stuck-thread.ts', import.meta.url);
  return startWatch(new Worker(url, { workerData, resourceLimits, execArgv: [], env: {} }));
}
