// Opens a model of a stranger, in a thread with limits: nothing of it is believed before it was read.

import { readdir, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { IrregularFile, irregularKind } from '../../../guard/paths/regular-file.ts';
import { UserError } from '../../errors.ts';
import { runGuarded } from '../../guard/run-guarded.ts';
import type { WorkerLimits } from '../../guard/watch-worker.ts';
import { programUrl } from '../../program-url.ts';
import type { Checkpoint, ExportedModel } from './checkpoint.ts';
import { findModelFolder } from './find-model-folder.ts';
import type { ModelOutline } from './model-outline.ts';
import type { OpenRequest } from './open-worker.ts';

const workerUrl = programUrl('./open-worker.ts', import.meta.url);

/** `openModel` in a thread that is watched. Throws a UserError that names the folder when a limit is exceeded. */
export const openGuarded = (dir: string, signal?: AbortSignal): Promise<Checkpoint | ExportedModel> =>
  ask(dir, 'whole', signal);

/** `outlineModel` in such a thread. */
export const outlineGuarded = (
  dir: string,
  depth: 'headers' | 'description',
  signal?: AbortSignal,
): Promise<ModelOutline> => ask(dir, depth, signal);

/** What the start of a GGUF file of `nBytes` tells, which lies at `path`; null where its header goes on behind that. */
export const outlineStartGuarded = (
  path: string,
  nBytes: number,
  signal: AbortSignal,
): Promise<ModelOutline | null> => ask(path, { startOf: nBytes }, signal);

async function ask<Answer>(dir: string, depth: OpenRequest['depth'], signal?: AbortSignal): Promise<Answer> {
  const limits = openingLimits(await sizeOf(await findModelFolder(resolve(dir))));
  const request: OpenRequest = { dir, depth };
  return runGuarded(workerUrl, request, { ...limits, what: resolve(dir), ...(signal && { signal }) });
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

/**
 * The files of the folder together, or the one file. One that cannot be read is told by whoever opens it; what has no end is refused here,
 * whatever it is called: waiting for a pipe is no work that a watch could end.
 */
async function sizeOf(dir: string): Promise<number> {
  const own = await stat(dir).catch(() => null);
  if (own?.isFile()) return own.size;
  const names = await readdir(dir).catch(() => []);
  const sizes = await Promise.all(
    names.map(async (name) => {
      const path = join(dir, name);
      const found = await stat(path).catch(() => undefined);
      if (found === undefined) return 0;
      const kind = found.isDirectory() ? undefined : irregularKind(found);
      if (kind === undefined) return found.size;
      const cause = new IrregularFile(path, kind);
      throw new UserError(cause.message, { action: 'Remove it from the folder of the model.', cause });
    }),
  );
  return sizes.reduce((sum, size) => sum + size, 0);
}
