// Weights in another form than their checkpoint's, written once into the cache and found there by every later run.

import { createHash } from 'node:crypto';
import { type FileHandle, open, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { cacheFolder } from '../../cache-folder.ts';
import { EnvironmentError, throwIfAborted } from '../../errors.ts';
import { writeWhole } from '../../write-whole.ts';
import type { ExternalBytes } from '../onnx/onnx-graph.ts';

type Place = Omit<ExternalBytes, 'location'>;

const ALIGNMENT = 64;

/** Gives the parts of a file their places, one behind the other, each at a round offset. */
export class PartPlaces {
  /** What the parts take so far. */
  nBytes = 0;

  next(length: number): Place {
    const byteOffset = this.nBytes;
    this.nBytes = Math.ceil((byteOffset + length) / ALIGNMENT) * ALIGNMENT;
    return { byteOffset, nBytes: length };
  }
}

export interface KeptWeights {
  /** Folder in the cache. */
  readonly folder: string;
  /** What an error calls them, such as packed. */
  readonly form: string;
  /** What decides the bytes: the model's digest, and the version of what makes them. */
  readonly madeFrom: readonly unknown[];
  readonly nBytes: number;
  readonly signal: AbortSignal;
  readonly write: (file: FileHandle) => Promise<void>;
}

/** The path of the file. Throws an EnvironmentError where it cannot be written. */
export async function keepWeights(kept: KeptWeights): Promise<string> {
  const folder = join(cacheFolder(), kept.folder);
  const name = createHash('sha256').update(JSON.stringify(kept.madeFrom)).digest('hex');
  const file = join(folder, name);
  if ((await stat(file).catch(() => null))?.size === kept.nBytes) return file;
  try {
    await writeWhole(file, async (draft) => {
      await using handle = await open(draft, 'wx');
      await kept.write(handle);
      await handle.truncate(kept.nBytes);
    });
  } catch (cause) {
    throwIfAborted(kept.signal);
    throw new EnvironmentError(
      `The ${kept.form} weights cannot be written into ${folder}: ${(cause as Error).message}`,
      { action: 'Free some space there, or set XDG_CACHE_HOME to another folder.', cause },
    );
  }
  return file;
}
