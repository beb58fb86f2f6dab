// Matrices that a GGUF file holds in 4 bits, kept so: what it says of 32 values at a time, in the order in which the
// runtime's product reads it. Nothing is rounded. Made once, into a file in the user's cache that is named after the model's
// content. Knows no graph.

import { type FileHandle, open } from 'node:fs/promises';
import { throwIfAborted } from '../../errors.ts';
import type { ExternalBytes } from '../onnx/onnx-graph.ts';
import type { PackedPlace } from '../weights/safetensors.ts';
import { linearsOf } from './decoder-table.ts';
import type { DecoderWeights, StoredTensor } from './decoder-weights.ts';
import { keepWeights } from './kept-weights.ts';

/** Values that share a scale. */
export const BLOCK_VALUES = 32;
/** Bytes of a block's values, two in each. */
const BLOCK_BYTES = BLOCK_VALUES / 2;

type Place = Omit<ExternalBytes, 'location'>;

/** The factor of one product, [from, to]: (level − zero) × scale, each of these by blocks along `from`. */
export interface FourBitWeight {
  readonly from: number;
  readonly to: number;
  /** uint8 [to, blocks, 16], the lower half of a byte first. */
  readonly levels: Place;
  /** float32 [to × blocks]. */
  readonly scales: Place;
  /** float32 [to × blocks]; null where it is 8 for all. */
  readonly zeros: Place | null;
}

export interface FourBitWeights {
  readonly file: string;
  /** Keyed by the weight's name. */
  readonly byName: ReadonlyMap<string, FourBitWeight>;
}

/** Matrices of a model that its file holds in 4 bits. */
export const inFourBits = (
  weights: DecoderWeights,
): readonly (StoredTensor & { readonly packed: PackedPlace })[] =>
  linearsOf(weights).flatMap(({ weight, layout }) =>
    weight.packed !== undefined && layout === 'out-in' ? [{ ...weight, packed: weight.packed }] : [],
  );

/** Throws an EnvironmentError where the file cannot be written. `digest` is the model's. */
export async function repackFourBits(
  weights: DecoderWeights,
  digest: string,
  signal: AbortSignal,
): Promise<FourBitWeights> {
  const matrices = inFourBits(weights);
  const { byName, nBytes } = layOut(matrices);
  const file = await keepWeights({
    folder: 'four-bits',
    form: '4-bit',
    madeFrom: [digest, REPACKING],
    nBytes,
    signal,
    async write(handle) {
      for (const matrix of matrices) {
        throwIfAborted(signal);
        await repack(matrix.packed, byName.get(matrix.bareName)!, handle);
      }
    },
  });
  return { file, byName };
}

/** Changes when the bytes do. */
const REPACKING = 1;

function layOut(matrices: readonly (StoredTensor & { readonly packed: PackedPlace })[]) {
  const byName = new Map<string, FourBitWeight>();
  let nBytes = 0;
  const place = (length: number): Place => {
    const byteOffset = nBytes;
    nBytes = Math.ceil((nBytes + length) / ALIGNMENT) * ALIGNMENT;
    return { byteOffset, nBytes: length };
  };
  for (const { bareName, shape, packed } of matrices) {
    const [to, from] = shape as [number, number];
    const nBlocks = (to * from) / BLOCK_VALUES;
    const levels = place(nBlocks * BLOCK_BYTES);
    const scales = place(4 * nBlocks);
    byName.set(bareName, {
      from,
      to,
      levels,
      scales,
      zeros: packed.type === 'Q4_0' ? null : place(4 * nBlocks),
    });
  }
  return { byName, nBytes };
}

const ALIGNMENT = 64;
/** Blocks that are turned over at once. */
const AT_ONCE = 1 << 16;

async function repack(
  { file, byteOffset, type }: PackedPlace,
  { from, to, levels, scales, zeros }: FourBitWeight,
  out: FileHandle,
): Promise<void> {
  await using input = await open(file);
  const nBlocks = (from * to) / BLOCK_VALUES;
  const head = type === 'Q4_0' ? 2 : 4;
  const blockBytes = head + BLOCK_BYTES;
  for (let first = 0; first < nBlocks; first += AT_ONCE) {
    const n = Math.min(AT_ONCE, nBlocks - first);
    const bytes = Buffer.alloc(n * blockBytes);
    const { bytesRead } = await input.read(bytes, 0, bytes.length, byteOffset + first * blockBytes);
    if (bytesRead < bytes.length) throw new Error(`${file} ends inside its weights`);
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    const turned = new Uint8Array(n * BLOCK_BYTES);
    const scale = new Float32Array(n);
    const zero = new Float32Array(n);
    for (let block = 0; block < n; block++) {
      const at = block * blockBytes;
      scale[block] = view.getFloat16(at, true);
      const own = turned.subarray(block * BLOCK_BYTES, (block + 1) * BLOCK_BYTES);
      turnOver(bytes.subarray(at + head, at + blockBytes), own);
      if (zeros === null) continue;
      const least = view.getFloat16(at + 2, true);
      if (scale[block] !== 0) zero[block] = -least / scale[block]!;
      else {
        // All values are the least one.
        own.fill(0);
        [scale[block], zero[block]] = [least, -1];
      }
    }
    await out.write(turned, 0, turned.length, levels.byteOffset + first * BLOCK_BYTES);
    await out.write(new Uint8Array(scale.buffer), 0, 4 * n, scales.byteOffset + 4 * first);
    if (zeros !== null) await out.write(new Uint8Array(zero.buffer), 0, 4 * n, zeros.byteOffset + 4 * first);
  }
}

/** From a byte for values i and i + 16 to one for values 2i and 2i + 1. */
function turnOver(halves: Uint8Array, to: Uint8Array): void {
  const level = (value: number) => (value < 16 ? halves[value]! & 15 : halves[value - 16]! >> 4);
  for (let i = 0; i < to.length; i++) to[i] = level(2 * i) | (level(2 * i + 1) << 4);
}
