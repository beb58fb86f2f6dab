// What one file of a run of tests does while the others wait: what it installs is there, or half there, for all of them.

import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { tryLock } from '../../server/file-lock.ts';

const CACHE = join(import.meta.dirname, '..', '..', '.cache');

/** Does the work while nobody else does any of that name. */
export async function oneAtATime<T>(name: string, work: () => T): Promise<T> {
  for (;;) {
    using lock = tryLock(join(CACHE, name));
    if (lock !== undefined) return work();
    await delay(200);
  }
}
