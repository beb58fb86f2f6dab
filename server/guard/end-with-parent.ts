// Ends this process when the one that started it is gone, whatever this one is doing: a channel that closes is noticed
// between two pieces of work, and a parser or a driver may never come to that. So a small thread looks after it.

import { Worker } from 'node:worker_threads';
import { programUrl } from '../program-url.ts';
import { startWatch } from './start-watch.ts';

export interface ParentWatch {
  readonly parent: number;
  /** How long after its end this process may put its things in order. */
  readonly graceMs: number;
}

const threadUrl = programUrl('./end-with-parent-thread.ts', import.meta.url);

/** Resolves when the thread looks after it: work that could block this one may begin then. */
export function endWithParent(graceMs: number, parent = process.ppid): Promise<void> {
  const workerData: ParentWatch = { parent, graceMs };
  // It needs next to nothing, and must not keep the process alive.
  const resourceLimits = { maxOldGenerationSizeMb: 16, maxYoungGenerationSizeMb: 1 };
  return startWatch(new Worker(threadUrl, { workerData, resourceLimits, execArgv: [], env: {} }));
}
