// Matrices that a GGUF file holds in a few bits, kept in 4 or 8: what it says of 16 or 32 values at a time, in the order in
// which the runtime's product reads it. Nothing is rounded. Made once, into a file in the user's cache that is named after
// the model's content. Knows no graph.

import { type FileHandle, open } from 'node:fs/promises';
import { throwIfAborted } from '../../errors.ts';
import type { ExternalBytes } from '../onnx/onnx-graph.ts';
import { BLOCKS } from '../weights/quantized-blocks.ts';
import type { PackedPlace } from '../weights/safetensors.ts';
import { linearsOf } from './decoder-table.ts';
import type { DecoderWeights, StoredTensor } from './decoder-weights.ts';
import { keepWeights, PartPlaces } from './kept-weights.ts';

type Place = Omit<ExternalBytes, 'location'>;

/** The factor of one product, [from, to]: (level − half of what the bits hold) × scale + least, the last two by groups along `from`. */
export interface PackedWeight {
  readonly from: number;
  readonly to: number;
  readonly bits: 4 | 8;
  /** Values that share a scale. */
  readonly groupValues: number;
  /** uint8 [to, groups, bytes of a group]; of two values in a byte the lower half is the first. */
  readonly levels: Place;
  /** float32 [to × groups]. */
  readonly scales: Place;
  /** float32 [groups, to]; null where it is 0 for all. */
  readonly least: Place | null;
}

export interface PackedWeights {
  readonly file: string;
  /** Keyed by the weight's name. */
  readonly byName: ReadonlyMap<string, PackedWeight>;
}

type PackedTensor = StoredTensor & { readonly packed: PackedPlace };

/** Matrices of a model that its file holds in a few bits. */
export const inFewBits = (weights: DecoderWeights): readonly PackedTensor[] =>
  linearsOf(weights).flatMap(({ weight, layout }) =>
    weight.packed !== undefined && layout === 'out-in' ? [{ ...weight, packed: weight.packed }] : [],
  );

/** Throws an EnvironmentError where the file cannot be written. `digest` is the model's. */
export async function repackWeights(
  weights: DecoderWeights,
  digest: string,
  signal: AbortSignal,
): Promise<PackedWeights> {
  const matrices = inFewBits(weights);
  const { byName, nBytes } = layOut(matrices);
  const file = await keepWeights({
    folder: 'packed',
    form: 'packed',
    madeFrom: [digest, REPACKING],
    nBytes,
    signal,
    async write(handle) {
      for (const matrix of matrices) {
        await repack(matrix.packed, byName.get(matrix.bareName)!, handle, signal);
      }
    },
  });
  return { file, byName };
}

/** Changes when the bytes do. */
const REPACKING = 2;

function layOut(matrices: readonly PackedTensor[]) {
  const byName = new Map<string, PackedWeight>();
  const places = new PartPlaces();
  for (const { bareName, shape, packed } of matrices) {
    const [to, from] = shape as [number, number];
    const { nValues: groupValues, bits, least } = BLOCKS[packed.type].groups!;
    const nGroups = (to * from) / groupValues;
    byName.set(bareName, {
      ...{ from, to, bits, groupValues },
      levels: places.next((to * from * bits) / 8),
      scales: places.next(4 * nGroups),
      least: least === null ? null : places.next(4 * nGroups),
    });
  }
  return { byName, nBytes: places.nBytes };
}

/** Values that are repacked at once. */
const AT_ONCE = 1 << 20;

async function repack(
  { file, byteOffset, type }: PackedPlace,
  weight: PackedWeight,
  out: FileHandle,
  signal: AbortSignal,
): Promise<void> {
  const { from, to, levels, scales, least } = weight;
  const { nValues, nBytes } = BLOCKS[type];
  const groups = BLOCKS[type].groups!;
  await using input = await open(file);
  const nBlocks = (from * to) / nValues;
  const groupsABlock = nValues / groups.nValues;
  const leastOfAll = new Float32Array(least === null ? 0 : (from * to) / groups.nValues);
  for (let first = 0; first < nBlocks; first += AT_ONCE / nValues) {
    throwIfAborted(signal);
    const n = Math.min(AT_ONCE / nValues, nBlocks - first);
    const bytes = Buffer.alloc(n * nBytes);
    const { bytesRead } = await input.read(bytes, 0, bytes.length, byteOffset + first * nBytes);
    if (bytesRead < bytes.length) throw new Error(`${file} ends inside its weights`);
    const read = readGroups(bytes, type, weight);
    for (const [i, value] of read.least.entries()) {
      const group = first * groupsABlock + i;
      const perRow = from / groups.nValues;
      leastOfAll[(group % perRow) * to + Math.floor(group / perRow)] = value;
    }
    const done = (first * nValues * groups.bits) / 8;
    await out.write(read.levels, 0, read.levels.length, levels.byteOffset + done);
    const before = 4 * first * groupsABlock;
    await out.write(new Uint8Array(read.scales.buffer), 0, undefined, scales.byteOffset + before);
  }
  if (least !== null) await out.write(new Uint8Array(leastOfAll.buffer), 0, undefined, least.byteOffset);
}

/** Whole blocks as the runtime's product takes them; without least values, none of these. */
function readGroups(bytes: Buffer, type: PackedPlace['type'], { bits, groupValues }: PackedWeight) {
  const { nValues, nBytes } = BLOCKS[type];
  const groups = BLOCKS[type].groups!;
  const nBlocks = bytes.length / nBytes;
  const nGroups = (nBlocks * nValues) / groupValues;
  const levels = new Uint8Array((nGroups * groupValues * bits) / 8);
  const scales = new Float32Array(nGroups);
  const least = new Float32Array(groups.least === null ? 0 : nGroups);
  const own = new Int8Array(groupValues);
  // The product takes half of what the bits hold from each level: where it would not fit with that added, the least value makes up for it.
  const half = 1 << (bits - 1);
  const taken = bits === 4 && groups.least !== null ? half : 0;
  let group = 0;
  for (let block = 0; block < nBlocks; block++) {
    const view = new DataView(bytes.buffer, bytes.byteOffset + block * nBytes, nBytes);
    for (let within = 0; within < nValues / groupValues; within++, group++) {
      const scale = groups.scale(view, within);
      scales[group] = scale;
      if (groups.least !== null) least[group] = groups.least(view, within) + taken * scale;
      groups.levels(view, within, own);
      for (let i = 0; i < groupValues; i++) {
        const level = own[i]! - taken + half;
        const at = group * groupValues + i;
        if (bits === 8) levels[at] = level;
        else levels[at >> 1]! |= level << (at % 2 === 0 ? 0 : 4);
      }
    }
  }
  return { levels, scales, least };
}
