// A model as threads take it to read whole texts with: an exported one may have a file of its own for that.

import { dirname } from 'node:path';
import type { Checkpoint, ExportedModel } from '../checkpoint.ts';
import { readDecoder } from '../exported/exported-decoder.ts';
import type { SampledModel } from './open-sampler.ts';
import { refuseBeyondMemory } from './weights-in-memory.ts';

/** Throws an EnvironmentError for weights beyond the memory of this machine. */
export function scoredModel(checkpoint: Checkpoint | ExportedModel): {
  readonly model: SampledModel;
  readonly weightFolder: string;
} {
  if (checkpoint.kind === 'exported') {
    const { config, scoringPath, pastSizes } = checkpoint;
    const decoder = readDecoder(scoringPath, pastSizes);
    return { model: { decoder, config }, weightFolder: dirname(scoringPath) };
  }
  const { config, weights, weightFolder } = checkpoint;
  refuseBeyondMemory(weights, false);
  return { model: { config, weights, weightFolder }, weightFolder };
}
