// Weights in 64 bits, as training scripts leave them at times: rounded once to 32 bits, into a file in the user's cache that is named
// after what they were.

import { createHash } from 'node:crypto';
import { type FileHandle, open, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { cacheFolder } from '../../cache-folder.ts';
import { EnvironmentError, UserError } from '../../errors.ts';
import { writeWhole } from '../../write-whole.ts';

/** A tensor of 64-bit floats: `nBytes` are theirs. */
export interface WideWeight {
  readonly name: string;
  readonly type: 'float64';
  readonly shape: readonly number[];
  readonly file: string;
  readonly byteOffset: number;
  readonly nBytes: number;
}

type NarrowWeight = Omit<WideWeight, 'type'> & { readonly type: 'float32' };

/** All of them lie in the same file. */
export async function narrowWeights(wide: readonly WideWeight[]): Promise<readonly NarrowWeight[]> {
  if (wide.length === 0) return [];
  const { file } = wide[0]!;
  const copy = await narrowedFile(file, wide);
  let byteOffset = 0;
  return wide.map((weight) => {
    const narrow = { ...weight, type: 'float32' as const, file: copy, byteOffset, nBytes: weight.nBytes / 2 };
    byteOffset += narrow.nBytes;
    return narrow;
  });
}

async function narrowedFile(file: string, wide: readonly WideWeight[]): Promise<string> {
  const { size, mtimeMs } = await stat(file);
  const places = wide.map(({ byteOffset, nBytes }) => [byteOffset, nBytes]);
  const identity = JSON.stringify([file, size, mtimeMs, places]);
  const folder = join(cacheFolder(), 'weights');
  const path = join(folder, `narrow-${createHash('sha256').update(identity).digest('hex')}`);
  const nBytes = wide.reduce((sum, weight) => sum + weight.nBytes / 2, 0);
  if ((await stat(path).catch(() => null))?.size === nBytes) return path;
  try {
    await writeWhole(path, async (draft) => {
      await using from = await open(file);
      await using to = await open(draft, 'w');
      for (const weight of wide) await narrow(weight, from, to);
    });
  } catch (cause) {
    if (cause instanceof UserError) throw cause;
    throw new EnvironmentError(`Weights cannot be rounded into ${folder}: ${(cause as Error).message}`, {
      action: `Free ${(nBytes / 1e9).toFixed(1)} GB there, or set XDG_CACHE_HOME to another folder.`,
      cause,
    });
  }
  return path;
}

const PIECE_VALUES = 1 << 18;

async function narrow({ name, file, byteOffset, nBytes }: WideWeight, from: FileHandle, to: FileHandle) {
  const nValues = nBytes / 8;
  for (let done = 0; done < nValues; done += PIECE_VALUES) {
    const values = new Float64Array(Math.min(PIECE_VALUES, nValues - done));
    const bytes = new Uint8Array(values.buffer);
    for (let at = 0; at < bytes.length; ) {
      const { bytesRead } = await from.read(bytes, at, bytes.length - at, byteOffset + done * 8 + at);
      if (bytesRead === 0) throw new UserError(`${file} ends inside ${name}.`, { action: 'Copy it again.' });
      at += bytesRead;
    }
    const rounded = new Uint8Array(Float32Array.from(values).buffer);
    for (let at = 0; at < rounded.length; ) at += (await to.write(rounded, at)).bytesWritten;
  }
}
