// How many rows a card is given: the memory of a decoder is known to the byte, since nothing is claimed but here.

import { type DecoderSpec, keyWidth, queryWidth } from '../decoder/decoder-spec.ts';
import { countNumbers, type DecoderWeights } from '../decoder/decoder-weights.ts';
import { logitStride } from './kernel-sizes.ts';

/** More rows than these were no faster on an H100. */
const MAX_ROWS = 2048;
/** Tensor cores take rows in blocks. */
const ROWS_IN_A_BLOCK = 64;
/** What the driver, its libraries, their workspace and a piece of weights in flight take. */
const OWN_BYTES = 1.5e9;

/** Bytes that a card needs before it makes a row: the weights in 16 bits, and what the driver takes. */
export const cudaBytesBeforeRows = (weights: DecoderWeights): number => 2 * countNumbers(weights) + OWN_BYTES;

/** Rows for a device with so many free bytes; at least one, though it may not fit. */
export function chooseCudaRows(
  spec: DecoderSpec,
  weights: DecoderWeights,
  nPositions: number,
  nSamples: number,
  freeBytes: number,
): number {
  const { attention, mlp, width, embeddingWidth, nLayers } = spec;
  const cache = 2 * 2 * nLayers * keyWidth(attention) * nPositions;
  const activations =
    4 * width * 2 +
    2 * (width + 2 * queryWidth(attention) + 2 * keyWidth(attention) + (mlp.gated ? 3 : 1) * mlp.innerWidth) +
    (embeddingWidth === width ? 0 : 2 * embeddingWidth);
  const bytesPerRow = cache + activations + 4 * logitStride(spec) + 12 * nPositions + 64;
  const fitting = Math.floor((freeBytes - cudaBytesBeforeRows(weights)) / bytesPerRow);
  const inBlocks = (rows: number, round: (x: number) => number) =>
    round(rows / ROWS_IN_A_BLOCK) * ROWS_IN_A_BLOCK;
  const possible = fitting < ROWS_IN_A_BLOCK ? fitting : inBlocks(fitting, Math.floor);
  return Math.max(1, Math.min(MAX_ROWS, possible, inBlocks(nSamples, Math.ceil)));
}
