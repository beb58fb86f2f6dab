// How many rows a card is given: the memory of a decoder is known to the byte, since nothing is claimed but here.

import { type DecoderSpec, keyWidth, queryWidth } from '../decoder/decoder-spec.ts';
import { countNumbers, type DecoderWeights } from '../decoder/decoder-weights.ts';
import { MAX_STREAM } from '../forms/device/reading-form.ts';
import { HEAD_ROWS, logitStride } from './kernel-sizes.ts';

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
  const cache = 2 * 2 * spec.nLayers * keyWidth(spec.attention) * nPositions;
  const bytesPerRow = cache + activationBytes(spec) + 4 * logitStride(spec) + 12 * nPositions + 64;
  const fitting = Math.floor((freeBytes - cudaBytesBeforeRows(weights)) / bytesPerRow);
  const inBlocks = (rows: number, round: (x: number) => number) =>
    round(rows / ROWS_IN_A_BLOCK) * ROWS_IN_A_BLOCK;
  const possible = fitting < ROWS_IN_A_BLOCK ? fitting : inBlocks(fitting, Math.floor);
  const most = Math.max(1, Math.min(MAX_ROWS, possible));
  // No more than batches of equal size have: a step costs the same for rows that nobody wants.
  const nBatches = Math.ceil(nSamples / most);
  return Math.min(most, inBlocks(nSamples / nBatches, Math.ceil));
}

/** Bytes of what a row's layers hand each other. */
function activationBytes({ attention, mlp, width, embeddingWidth }: DecoderSpec): number {
  return (
    4 * width * 2 +
    2 * (width + 2 * queryWidth(attention) + 2 * keyWidth(attention) + (mlp.gated ? 3 : 1) * mlp.innerWidth) +
    (embeddingWidth === width ? 0 : 2 * embeddingWidth)
  );
}

/** A stream of more tokens was no faster on an H100. */
const USUAL_STREAM = 16_384;
/** Queries share a block by so many. */
const POSITIONS_IN_A_BLOCK = 64;

/** The length of the stream that a card reads at once: room for the longest text, even where its memory may not do. */
export function chooseStreamPositions(
  spec: DecoderSpec,
  weights: DecoderWeights,
  longest: number,
  batch: number | 'auto',
  freeBytes: number,
): number {
  const inBlocks = (n: number) => Math.ceil(n / POSITIONS_IN_A_BLOCK) * POSITIONS_IN_A_BLOCK;
  if (batch !== 'auto') return Math.min(MAX_STREAM, inBlocks(batch * longest));
  const bytesPerPosition = activationBytes(spec) + 64;
  const left = freeBytes - cudaBytesBeforeRows(weights) - 4 * HEAD_ROWS * logitStride(spec);
  let positions = USUAL_STREAM;
  while (positions > inBlocks(longest) && positions * bytesPerPosition > left) positions /= 2;
  return Math.max(positions, inBlocks(longest));
}
