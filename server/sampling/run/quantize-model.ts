// Makes the model of a checkpoint whose products are in 8 bits, or in the few bits that its file has.

import type { DecoderModel } from '../decoder/decoder-model.ts';
import { folderAbove, tensorsOf } from '../decoder/decoder-weights.ts';
import { quantizeWeights } from '../decoder/int8-weights.ts';
import { repackWeights } from '../decoder/packed-weights.ts';
import type { Checkpoint } from '../model/checkpoint.ts';

/** The quantized weights are made once, into the user's cache: see int8-weights.ts. */
export async function quantizeModel(checkpoint: Checkpoint, signal: AbortSignal): Promise<DecoderModel> {
  const { config, weights, digest } = checkpoint;
  const int8 = await quantizeWeights(weights, digest, signal);
  const files = tensorsOf(weights).map(({ file }) => file);
  return { config, weights, weightFolder: folderAbove([...files, int8.file]), int8 };
}

/** Matrices in the few bits that the file has them in: see packed-weights.ts. */
export async function keepPacked(checkpoint: Checkpoint, signal: AbortSignal): Promise<DecoderModel> {
  const { config, weights, digest } = checkpoint;
  const packed = await repackWeights(weights, digest, signal);
  const files = tensorsOf(weights).map(({ file }) => file);
  return { config, weights, weightFolder: folderAbove([...files, packed.file]), packed };
}
