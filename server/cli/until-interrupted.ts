// Ctrl-C and a polite kill, for every command that takes long: the work is told through its signal, and ends in
// order. The program's first thread hears them (thread-of-command.ts) and says so to the one that works.

import { isMainThread, parentPort, workerData } from 'node:worker_threads';
import type { CommandThread } from './thread-of-command.ts';

/** The reason of a signal that asks to keep what is done, since the work will be gone on with elsewhere. */
export const MAKE_ROOM = 'make room';

export async function untilInterrupted<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  if (isMainThread) throw new Error('A command that can be interrupted is a long one');
  const { nListening } = workerData as CommandThread;
  const stop = new AbortController();
  const onStop = (message: unknown) => {
    if (message === 'stop') stop.abort();
    if (message === MAKE_ROOM) stop.abort(MAKE_ROOM);
  };
  parentPort!.on('message', onStop).unref();
  Atomics.add(nListening, 0, 1);
  try {
    return await work(stop.signal);
  } finally {
    Atomics.sub(nListening, 0, 1);
    parentPort!.off('message', onStop);
  }
}
