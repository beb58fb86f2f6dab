// One piece of the index's benchmark in a process of its own, which is bundled as the programs are that users run: loading
// source takes a compiler, whose memory and time are nobody's.

import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { buildSync } from 'esbuild';

const dist = join(import.meta.dirname, '../../dist');

export interface Cost {
  readonly cpuMs: number;
  readonly elapsedMs: number;
  readonly maxRssBytes: number;
}

/** Beside the programs of threads, and the kernel. */
const child = join(dist, 'bench-index-child.js');

const bundled: { isDone?: true } = {};

function bundle(): void {
  if (bundled.isDone) return;
  bundled.isDone = true;
  buildSync({
    entryPoints: { 'bench-index-child': join(import.meta.dirname, 'index-child.ts') },
    outdir: dist,
    chunkNames: 'bench-[name]-[hash]',
    bundle: true,
    splitting: true,
    platform: 'node',
    format: 'esm',
    banner: {
      js: "import { createRequire as createRequireOf } from 'node:module'; const require = createRequireOf(import.meta.url);",
    },
  });
}

export function measure<T extends object = object>(...args: readonly string[]): Cost & T {
  bundle();
  return JSON.parse(
    execFileSync(process.execPath, [child, ...args], { encoding: 'utf8', maxBuffer: 1 << 26 }),
  );
}
