// Opens a model of a stranger, in a thread with limits: nothing of it is believed before it was read.

import { readdir, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { runGuarded } from '../guard/run-guarded.ts';
import type { WorkerLimits } from '../guard/watch-worker.ts';
import { programUrl } from '../program-url.ts';
import type { Checkpoint, ExportedModel } from './checkpoint.ts';

const workerUrl = programUrl('./open-worker.ts', import.meta.url);

/** `openModel` in a thread that is watched. Throws a UserError that names the folder when a limit is exceeded. */
export async function openGuarded(dir: string, signal?: AbortSignal): Promise<Checkpoint | ExportedModel> {
  const limits = openingLimits(await sizeOf(dir));
  return runGuarded(workerUrl, dir, { ...limits, what: resolve(dir), ...(signal && { signal }) });
}

const SLOWEST_BYTES_PER_MS = 10_000;
const PATIENCE_MS = 20_000;
const LEAST_MEMORY_BYTES = 2 * 2 ** 30;

/** Weights are read in pieces; those that PyTorch scattered are held twice. */
function openingLimits(nBytes: number): WorkerLimits {
  return {
    stallMs: PATIENCE_MS + nBytes / SLOWEST_BYTES_PER_MS,
    memoryBytes: LEAST_MEMORY_BYTES + 3 * nBytes,
  };
}

/** The files of the folder together. One that cannot be read is told by whoever opens it. */
async function sizeOf(dir: string): Promise<number> {
  const names = await readdir(dir).catch(() => []);
  const sizes = await Promise.all(
    names.map((name) =>
      stat(join(dir, name)).then(
        ({ size }) => size,
        () => 0,
      ),
    ),
  );
  return sizes.reduce((sum, size) => sum + size, 0);
}
