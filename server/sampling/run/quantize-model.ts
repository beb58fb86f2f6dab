// Makes the model of a checkpoint whose products are in 8 bits, or in the 4 bits that its file has.

import type { Checkpoint } from '../checkpoint.ts';
import type { DecoderModel } from '../decoder/decoder-model.ts';
import { folderAbove, tensorsOf } from '../decoder/decoder-weights.ts';
import { repackFourBits } from '../decoder/four-bit-weights.ts';
import { quantizeWeights } from '../decoder/int8-weights.ts';

/** The quantized weights are made once, into the user's cache: see int8-weights.ts. */
export async function quantizeModel(checkpoint: Checkpoint, signal: AbortSignal): Promise<DecoderModel> {
  const { config, weights, digest } = checkpoint;
  const int8 = await quantizeWeights(weights, digest, signal);
  const files = tensorsOf(weights).map(({ file }) => file);
  return { config, weights, weightFolder: folderAbove([...files, int8.file]), int8 };
}

/** Matrices in the 4 bits that the file has them in: see four-bit-weights.ts. */
export async function keepFourBits(checkpoint: Checkpoint, signal: AbortSignal): Promise<DecoderModel> {
  const { config, weights, digest } = checkpoint;
  const fourBit = await repackFourBits(weights, digest, signal);
  const files = tensorsOf(weights).map(({ file }) => file);
  return { config, weights, weightFolder: folderAbove([...files, fourBit.file]), fourBit };
}
