// Drives work in steps in a process that has other things to do too, and that may be told to stop.

import { setImmediate } from 'node:timers/promises';
import { throwIfAborted } from './errors.ts';

const TURN_MS = 100;

/** Others get their turn after `turnMs` milliseconds at most, and one step. Throws `Cancelled` then, once the signal has come. */
export async function inTurns<T>(
  steps: Generator<void, T, void>,
  signal: AbortSignal,
  turnMs = TURN_MS,
): Promise<T> {
  let startedAt = performance.now();
  for (;;) {
    const { done, value } = steps.next();
    if (done) return value;
    if (performance.now() - startedAt < turnMs) continue;
    await setImmediate();
    throwIfAborted(signal);
    startedAt = performance.now();
  }
}
