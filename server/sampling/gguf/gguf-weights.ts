// A GGUF file's tensors as weights: numbers are used where they lie; quantized blocks are unpacked once, into a file in
// the user's cache that is named after what they were.

import { createHash } from 'node:crypto';
import { closeSync, openSync, readSync, writeSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { cacheFolder } from '../../cache-folder.ts';
import { EnvironmentError } from '../../errors.ts';
import { writeWhole } from '../../write-whole.ts';
import { BLOCKS, type PackedType, unpackBlocks } from '../weights/quantized-blocks.ts';
import { BYTES_PER_ELEMENT, type Weight } from '../weights/safetensors.ts';
import type { GgufFile, GgufTensor } from './gguf-file.ts';

const IN_PLACE = { F32: 'float32', F16: 'float16', BF16: 'bfloat16' } as const;
type Packed = GgufTensor & { readonly type: PackedType };
const isPacked = (tensor: GgufTensor): tensor is Packed => !(tensor.type in IN_PLACE);
/** Up to this size blocks become 32-bit floats, exactly what they stand for; larger models are rounded to 16. */
const MOST_FLOAT32_BYTES = 4e9;
/** Changes when the unpacked bytes do. */
const UNPACKING = 1;
const PIECE_BLOCKS = 4096;

export async function ggufWeights(file: GgufFile): Promise<readonly Weight[]> {
  const tensors = [...file.tensors.values()];
  const packed = tensors.filter(isPacked);
  const nValues = packed.reduce((sum, { shape }) => sum + sizeOf(shape), 0);
  const type = 4 * nValues <= MOST_FLOAT32_BYTES ? 'float32' : 'float16';
  const places = new Map<GgufTensor, number>();
  let nBytes = 0;
  for (const tensor of packed) {
    places.set(tensor, nBytes);
    nBytes += sizeOf(tensor.shape) * BYTES_PER_ELEMENT[type];
  }
  const copy = packed.length === 0 ? '' : await unpackedFile(file, packed, type, nBytes);
  return tensors.map((tensor) => {
    const { name, shape } = tensor;
    const stored = { file: file.path, byteOffset: tensor.byteOffset, nBytes: tensor.nBytes };
    if (!isPacked(tensor))
      return { name, shape, ...stored, type: IN_PLACE[tensor.type as keyof typeof IN_PLACE] };
    return {
      name,
      type,
      shape,
      file: copy,
      byteOffset: places.get(tensor)!,
      nBytes: sizeOf(shape) * BYTES_PER_ELEMENT[type],
      packed: { ...stored, type: tensor.type },
    };
  });
}

/** One small tensor's values. */
export function readValues(file: GgufFile, tensor: GgufTensor): Float32Array {
  const { byteOffset, nBytes, shape } = tensor;
  const bytes = Buffer.alloc(nBytes);
  const handle = openSync(file.path, 'r');
  try {
    readSync(handle, bytes, 0, nBytes, byteOffset);
  } finally {
    closeSync(handle);
  }
  const values = new Float32Array(sizeOf(shape));
  if (isPacked(tensor)) unpackBlocks(tensor.type, viewOf(bytes), values);
  else for (let i = 0; i < values.length; i++) values[i] = bytes.readFloatLE(4 * i);
  return values;
}

/** The file's name; it is made if it is not there yet. */
async function unpackedFile(
  file: GgufFile,
  packed: readonly Packed[],
  type: 'float32' | 'float16',
  nBytes: number,
): Promise<string> {
  const { size, mtimeMs } = await stat(file.path);
  const folder = join(cacheFolder(), 'weights');
  const identity = JSON.stringify([UNPACKING, file.path, size, mtimeMs, type]);
  const path = join(folder, `gguf-${createHash('sha256').update(identity).digest('hex')}`);
  if ((await stat(path).catch(() => null))?.size === nBytes) return path;
  try {
    await writeWhole(path, async (draft) => writeUnpacked(file, packed, type, draft));
  } catch (cause) {
    throw new EnvironmentError(`Weights cannot be unpacked into ${folder}: ${(cause as Error).message}`, {
      action: `Free ${(nBytes / 1e9).toFixed(1)} GB there, or set XDG_CACHE_HOME to another folder.`,
      cause,
    });
  }
  return path;
}

function writeUnpacked(
  file: GgufFile,
  packed: readonly Packed[],
  type: 'float32' | 'float16',
  to: string,
): void {
  const from = openSync(file.path, 'r');
  const out = openSync(to, 'w');
  try {
    for (const tensor of packed) {
      const { nBytes, nValues } = BLOCKS[tensor.type];
      const nBlocks = tensor.nBytes / nBytes;
      for (let block = 0; block < nBlocks; block += PIECE_BLOCKS) {
        const n = Math.min(PIECE_BLOCKS, nBlocks - block);
        const bytes = Buffer.alloc(n * nBytes);
        readSync(from, bytes, 0, bytes.length, tensor.byteOffset + block * nBytes);
        const values = new Float32Array(n * nValues);
        unpackBlocks(tensor.type, viewOf(bytes), values);
        const stored = type === 'float32' ? values : new Float16Array(values);
        const view = new Uint8Array(stored.buffer);
        for (let done = 0; done < view.length; ) done += writeSync(out, view, done);
      }
    }
  } finally {
    closeSync(from);
    closeSync(out);
  }
}

const viewOf = (bytes: Buffer): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
const sizeOf = (shape: readonly number[]): number => shape.reduce((product, size) => product * size, 1);
