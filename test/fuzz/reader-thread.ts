// The thread that one reader is fuzzed in. What it is doing can be seen from outside, also when it does not come back.

import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parentPort, workerData } from 'node:worker_threads';
import { keptSeeds, loadHarness } from './harnesses.ts';
import { mutate } from './mutate.ts';
import { Random } from './random.ts';

export interface FuzzTask {
  readonly reader: string;
  readonly seed: number;
  readonly first: number;
  /** When to end, as performance.timeOrigin + performance.now() has it. */
  readonly until: number;
  /** At most so many. */
  readonly count: number;
  /** The iteration that is being done, and one more: 0 before the first. */
  readonly at: Int32Array<SharedArrayBuffer>;
  readonly folder: string;
}

export interface FuzzReport {
  readonly nInputs: number;
  readonly nRefused: number;
}

const task = workerData as FuzzTask;
process.env.XDG_CACHE_HOME = join(task.folder, 'cache');
const harness = await loadHarness(task.reader);
const seeds = [...(await harness.seeds()), ...keptSeeds(task.reader).values()];
const file = join(task.folder, harness.fileName ?? 'input');
mkdirSync(task.folder, { recursive: true });
let nRefused = 0;
let n = 0;
for (; n < task.count && performance.timeOrigin + performance.now() < task.until; n++) {
  const iteration = task.first + n;
  const { bytes, isCut } = mutate(seeds, new Random(task.seed, iteration));
  writeFileSync(file, bytes);
  Atomics.store(task.at, 0, iteration + 1);
  const outcome = await harness.read(bytes, file);
  if (outcome === 'refused') nRefused++;
  else if (isCut && harness.isDamage?.(bytes))
    throw new Error('a file that was cut short is read without a word');
  // Promises that nobody waits for fail in the next turn.
  if (n % 16 === 0) await new Promise((resolve) => setImmediate(resolve));
}
harness.end?.();
parentPort!.postMessage({ nInputs: n, nRefused } satisfies FuzzReport);
