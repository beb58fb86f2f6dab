// The weight table of a checkpoint folder, whichever way its weights are stored. Safetensors come first, since they
// need no interpreter.

import { access } from 'node:fs/promises';
import { join } from 'node:path';
import { readWeights as readSafetensors, type Weight } from './safetensors.ts';
import { readTorchWeights } from './torch-file.ts';

export async function readWeights(dir: string): Promise<readonly Weight[]> {
  const has = async (name: string) =>
    access(join(dir, name)).then(
      () => true,
      () => false,
    );
  if ((await has('model.safetensors')) || (await has('model.safetensors.index.json')))
    return readSafetensors(dir);
  if ((await has('pytorch_model.bin')) || (await has('pytorch_model.bin.index.json')))
    return readTorchWeights(dir);
  return readSafetensors(dir); // says what is missing
}
