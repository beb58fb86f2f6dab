// Keeps the process as small as its work allows, where V8 by itself would rather grow than collect. Nothing of this is
// promised by V8: docs/decisions/0010-unpromised.md.

import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/**
 * Results of shards, and lines of files, live just long enough for V8 to make room for more of them, up to 48 MB and more as
 * the process grows. Holds from now on: the analysis that follows a scan is alike.
 */
export function keepYoungGenerationSmall(): void {
  setFlagsFromString('--semi-space-growth-factor=1');
}

/**
 * One full collection, some 10 ms. Memory that threads shared is given back by a collection alone, and V8 sees only
 * the small objects that hold it: without this it would stay for as long as the analysis lasts. Flags are the process's: no two threads
 * may do this at once.
 */
export function collectGarbage(): void {
  setFlagsFromString('--expose-gc');
  (runInNewContext('gc') as () => void)();
  setFlagsFromString('--no-expose-gc');
}
