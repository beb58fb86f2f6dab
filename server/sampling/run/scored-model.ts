// A model as threads take it to read whole texts with: an exported one may have a file of its own for that.

import { dirname } from 'node:path';
import { readDecoder } from '../exported/exported-decoder.ts';
import type { Checkpoint, ExportedModel } from '../model/checkpoint.ts';
import type { SampledModel } from './open-sampler.ts';
import { keepPacked } from './quantize-model.ts';
import { chooseHeld, type Held } from './weights-in-memory.ts';

/** Throws an EnvironmentError for weights beyond the memory of this machine. `held` is what matrices are held as. */
export async function scoredModel(
  checkpoint: Checkpoint | ExportedModel,
  signal: AbortSignal,
): Promise<{ readonly model: SampledModel; readonly weightFolder: string; readonly held: Held }> {
  if (checkpoint.kind === 'exported') {
    const { config, scoringPath, pastSizes } = checkpoint;
    const decoder = readDecoder(scoringPath, pastSizes);
    return { model: { decoder, config }, weightFolder: dirname(scoringPath), held: 'floats' };
  }
  const { config, weights, weightFolder } = checkpoint;
  const held = chooseHeld(weights, false);
  if (held !== 'packed') return { model: { config, weights, weightFolder }, weightFolder, held };
  const model = await keepPacked(checkpoint, signal);
  return { model, weightFolder: model.weightFolder, held };
}
