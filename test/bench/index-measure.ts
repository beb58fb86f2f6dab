// One piece of the index's benchmark in a process of its own.

import { execFileSync } from 'node:child_process';
import { join } from 'node:path';

const child = join(import.meta.dirname, 'index-child.ts');

export interface Cost {
  readonly cpuMs: number;
  readonly elapsedMs: number;
  readonly maxRssBytes: number;
}

export const measure = <T extends object = object>(...args: readonly string[]): Cost & T =>
  JSON.parse(
    execFileSync(process.execPath, [child, ...args], {
      encoding: 'utf8',
      maxBuffer: 1 << 26,
      // Threads start from the bundles, as a user's do.
      env: { ...process.env, VERBATIM_BUNDLES: join(import.meta.dirname, '../../dist') },
    }),
  );
