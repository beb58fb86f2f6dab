// Does many pieces of work at once, as many as may be right now, and gives away what is done as it comes. The first failure
// stops the others.

import { setTimeout as sleep } from 'node:timers/promises';

export interface Pool {
  /** How many may run; asked before each starts. */
  readonly limit: () => number;
  /** What is done waits so long for more, since each gift is a transaction. */
  readonly gatherMs: number;
  readonly signal: AbortSignal;
}

/** Ends when all are done; rejects with the first failure, after the rest has stopped. */
export async function* inParallel<In, Out>(
  work: Iterator<In, unknown>,
  { limit, gatherMs, signal }: Pool,
  run: (piece: In, signal: AbortSignal) => Promise<Out>,
): AsyncGenerator<readonly Out[]> {
  const stop = new AbortController();
  const running = new Set<Promise<void>>();
  const failures: unknown[] = [];
  const inner = AbortSignal.any([signal, stop.signal]);
  const done: Out[] = [];
  let isExhausted = false;
  let bell = Promise.withResolvers<void>();
  const start = () => {
    while (!isExhausted && !inner.aborted && running.size < limit()) {
      const next = work.next();
      if (next.done === true) {
        isExhausted = true;
        return;
      }
      const piece: Promise<void> = run(next.value, inner)
        .then(
          (result) => void done.push(result),
          (error: unknown) => {
            failures.push(error);
            stop.abort();
          },
        )
        .finally(() => {
          running.delete(piece);
          bell.resolve();
        });
      running.add(piece);
    }
  };
  try {
    let givenAt = performance.now();
    for (;;) {
      start();
      if (running.size === 0 || failures.length > 0) break;
      await rung(bell.promise, done.length > 0 ? gatherMs : null);
      bell = Promise.withResolvers<void>();
      start();
      const now = performance.now();
      if (done.length === 0 || now - givenAt < gatherMs) continue;
      givenAt = now;
      yield done.splice(0);
    }
  } finally {
    stop.abort();
    await Promise.allSettled(running);
  }
  // What came before the failure is kept.
  if (done.length > 0) yield done.splice(0);
  if (failures.length > 0) throw failures[0];
}

/** Settles when something has ended, or after that time: what is done does not wait for one that takes long. */
async function rung(bell: Promise<void>, waitMs: number | null): Promise<void> {
  if (waitMs === null) return bell;
  const timer = new AbortController();
  const time = sleep(waitMs, undefined, { signal: timer.signal }).catch(() => {});
  await Promise.race([bell, time]);
  timer.abort();
}
