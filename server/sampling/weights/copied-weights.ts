// Weights that cannot be used where they lie, because the archive packs them or scatters them in memory
// order: copied once into the user's cache, under a name that says of what, and found there again.

import { createHash } from 'node:crypto';
import { open, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { inflateRawSync } from 'node:zlib';
import { cacheFolder } from '../../cache-folder.ts';
import { EnvironmentError } from '../../errors.ts';
import { writeWhole } from '../../write-whole.ts';
import type { PickleTensor } from './pickle-values.ts';
import type { StoredNumbers } from './stored-numbers.ts';
import { read, ZipError } from './zip-directory.ts';

/** Copies of one file's weights together may take so many times its size: bytes that say "zero" pack that well. */
const MAX_GROWTH = 16;
const HARMLESS_BYTES = 16 << 20;

/** Makes the row-major copies of one file's tensors, each in a file of its own. */
export class WeightCopies {
  #nLeft: number;
  /** The storage that was read last: a file of views on one storage would otherwise read it for every one. */
  #last: { readonly numbers: StoredNumbers; readonly bytes: Buffer } | undefined;

  constructor(nFileBytes: number) {
    this.#nLeft = HARMLESS_BYTES + MAX_GROWTH * nFileBytes;
  }

  async copy(
    numbers: StoredNumbers,
    tensor: PickleTensor,
    elementBytes: number,
  ): Promise<{ readonly file: string; readonly byteOffset: number }> {
    const { size, mtimeMs } = await stat(numbers.file);
    const { offset, shape, strides } = tensor;
    const identity = [numbers.file, size, mtimeMs, numbers.byteOffset, offset, shape, strides];
    const folder = join(cacheFolder(), 'weights');
    const file = join(folder, createHash('sha256').update(JSON.stringify(identity)).digest('hex'));
    const nBytes = elementBytes * shape.reduce((product, n) => product * n, 1);
    this.#nLeft -= nBytes;
    if (this.#nLeft < 0) throw new ZipError(`its tensors take more than ${MAX_GROWTH} times its size`);
    const before = await stat(file).catch(() => null);
    if (before?.size === nBytes) return { file, byteOffset: 0 };
    const copy = gather(await this.#read(numbers), tensor, elementBytes);
    try {
      await writeWhole(file, (draft) => writeFile(draft, copy));
    } catch (cause) {
      throw new EnvironmentError(`Weights cannot be unpacked into ${folder}: ${(cause as Error).message}`, {
        action: 'Free some space there, or set XDG_CACHE_HOME to another folder.',
        cause,
      });
    }
    return { file, byteOffset: 0 };
  }

  async #read(numbers: StoredNumbers): Promise<Buffer> {
    if (this.#last?.numbers.byteOffset === numbers.byteOffset) return this.#last.bytes;
    this.#last = undefined;
    const bytes = await inflated(numbers);
    this.#last = { numbers, bytes };
    return bytes;
  }
}

async function inflated(numbers: StoredNumbers): Promise<Buffer> {
  if (numbers.nBytes > HARMLESS_BYTES + MAX_GROWTH * numbers.nPacked)
    throw new ZipError(`a storage in it grows to more than ${MAX_GROWTH} times its size`);
  await using handle = await open(numbers.file);
  const packed = await read(handle, numbers.byteOffset, numbers.nPacked);
  if (numbers.isStored) return packed;
  try {
    // The size is known, so nothing can grow beyond it.
    const bytes = inflateRawSync(packed, { maxOutputLength: Math.max(1, numbers.nBytes) });
    if (bytes.length === numbers.nBytes) return bytes;
  } catch {
    // Reported below, like a size that is wrong.
  }
  throw new ZipError('a packed storage in it cannot be inflated');
}

/** Elements in row-major order. */
function gather(bytes: Buffer, { offset, shape, strides }: PickleTensor, size: number): Buffer {
  const out = Buffer.alloc(size * shape.reduce((product, n) => product * n, 1));
  let at = 0;
  const visit = (axis: number, from: number): void => {
    if (axis === shape.length) {
      bytes.copy(out, at, from * size, (from + 1) * size);
      at += size;
      return;
    }
    const step = strides[axis]!;
    if (axis === shape.length - 1 && step === 1) {
      bytes.copy(out, at, from * size, (from + shape[axis]!) * size);
      at += shape[axis]! * size;
      return;
    }
    for (let i = 0; i < shape[axis]!; i++) visit(axis + 1, from + i * step);
  };
  visit(0, offset);
  return out;
}
