// Whether a model's weights go into the memory that there is. Asked before anything is computed: the system would end a
// process that takes more, or move it to the disk and back at every token.

import { totalmem } from 'node:os';
import { EnvironmentError } from '../../errors.ts';
import {
  countNumbers,
  type DecoderWeights,
  type StoredTensor,
  tensorsOf,
} from '../decoder/decoder-weights.ts';
import { inFewBits } from '../decoder/packed-weights.ts';
import { BLOCKS, type PackedType } from '../weights/quantized-blocks.ts';

/** What a model computes in on the processor, and how its weights are stored where that is in 32 bits. */
type HeldAs = 'int8' | 'float32' | 'from-16-bits';

/**
 * Bytes a number while a session makes its weights ready, as measured of models of 0.2 billion parameters: matrices are turned,
 * converted and packed, and the runtime lets go of what each step gave when the next is done. Afterwards it is 4, or 1.
 */
const BYTES_A_NUMBER: Readonly<Record<HeldAs, number>> = {
  ...{ int8: 2, float32: 6, 'from-16-bits': 7 },
};
/** A packed matrix is reordered once: as much again is held while a session makes it ready. */
const OF_PACKED = 2.75;

export const bytesHeld = (nNumbers: number, as: HeldAs): number => BYTES_A_NUMBER[as] * nNumbers;

/** What matrices take in the bits that a file has them in. */
export function packedBytesHeld(nNumbers: number, type: PackedType): number {
  const { bits, nValues, least } = BLOCKS[type].groups!;
  return OF_PACKED * (bits / 8 + (least === null ? 4 : 8) / nValues) * nNumbers;
}

/** Memory of the machine in bytes, or as much of it as this process may use. */
export function memoryHere(): number {
  const limit = process.constrainedMemory();
  return limit > 0 ? Math.min(limit, totalmem()) : totalmem();
}

/** What the processor needs in 32 bits. */
export function floatBytes(weights: DecoderWeights): number {
  const isWide = tensorsOf(weights).every(({ type }) => type === 'float32');
  return bytesHeld(countNumbers(weights), isWide ? 'float32' : 'from-16-bits');
}

/**
 * What the processor needs where matrices stay in the bits that they are stored in, and the rest is in 32: the embedding
 * as well, which may be one of these matrices.
 */
export function packedBytes(weights: DecoderWeights): number {
  const sizeOf = ({ shape }: StoredTensor) => shape[0]! * shape[1]!;
  const kept = inFewBits(weights);
  const nKept = kept.reduce((sum, matrix) => sum + sizeOf(matrix), 0);
  const own = kept.reduce((sum, matrix) => sum + packedBytesHeld(sizeOf(matrix), matrix.packed.type), 0);
  const isTied = kept.some(({ bareName }) => bareName === weights.embedding.bareName);
  const embedding = isTied ? 4 * sizeOf(weights.embedding) : 0;
  return own + embedding + bytesHeld(countNumbers(weights) - nKept, 'from-16-bits');
}

/**
 * What weights are held as on the processor. Throws an EnvironmentError that says the figures, where it would need more
 * than `here` bytes for all of them.
 */
export function chooseHeld(weights: DecoderWeights, int8: boolean, here = memoryHere()): Held {
  const in8Bits = bytesHeld(countNumbers(weights), 'int8');
  const needed = int8 ? in8Bits : floatBytes(weights);
  if (needed <= here) return int8 ? 'int8' : 'floats';
  const inFew = packedBytes(weights);
  if (!int8 && inFewBits(weights).length > 0 && inFew <= here) return 'packed';
  const bits = int8 ? 'in 8 bits' : 'in 32 bits, in which the processor computes';
  throw new EnvironmentError(
    `The model's weights take up to ${gigabytes(needed)} ${bits}, and there are ${gigabytes(here)} of memory here.`,
    {
      action:
        int8 || in8Bits > here
          ? 'Choose a smaller model, or a machine or a card with enough memory (verbatim doctor --model says what one takes).'
          : `Sample it with --int8 (up to ${gigabytes(in8Bits)}), or on a card with enough memory.`,
    },
  );
}

export type Held = 'floats' | 'int8' | 'packed';

/** What is told of weights that were not widened. */
export const packedNote = (weights: DecoderWeights): string =>
  `The weights take up to ${gigabytes(floatBytes(weights))} in 32 bits, and there are ${gigabytes(memoryHere())} of memory here: ` +
  'matrices are kept in the few bits that their file has them in, with the same numbers but for rounding.';

export const gigabytes = (n: number): string => `${(n / 1e9).toFixed(1)} GB`;
