// Reads one row of a shard again, in a thread with limits: whoever waits for it has other things to do too.

import { runGuarded } from '../guard/run-guarded.ts';
import { programUrl } from '../program-url.ts';
import { readingLimits } from './reading-limits.ts';
import type { ReopenRequest } from './reopen-row.ts';

const workerUrl = programUrl('./reopen-worker.ts', import.meta.url);

/** The text of the row, or undefined when the shard no longer has it. Disk errors throw, and limits. */
export function reopenGuarded(request: ReopenRequest, signal: AbortSignal): Promise<Uint8Array | undefined> {
  const limits = { ...readingLimits(request.shard), what: request.shard.path, signal };
  return runGuarded(workerUrl, request, limits);
}
