// Drives the engine's steps in a process that has other things to do too, and that may be told to stop.

import { setImmediate } from 'node:timers/promises';
import type { Steps } from '../engine/steps.ts';
import { throwIfAborted } from '../errors.ts';

const TURN_MS = 100;

/** Throws `Cancelled` within a second of the signal. */
export async function inTurns<T>(steps: Steps<T>, signal: AbortSignal): Promise<T> {
  let startedAt = performance.now();
  for (;;) {
    const { done, value } = steps.next();
    if (done) return value;
    if (performance.now() - startedAt < TURN_MS) continue;
    await setImmediate();
    throwIfAborted(signal);
    startedAt = performance.now();
  }
}
