// A thread that watches over this process. It says once that it does, and must not keep the process alive.

import type { Worker } from 'node:worker_threads';

export async function startWatch(thread: Worker): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  thread.once('message', () => resolve());
  thread.unref();
  await promise;
}
