import { readSafetensors } from '../../../server/sampling/weights/safetensors.ts';
import { encodeSafetensors, randomTensors } from '../../support/sampling/random-checkpoint.ts';
import { TINY_CONFIG } from '../../support/sampling/tiny-configs.ts';
import { type Harness, outcomeOf } from '../harness.ts';

export const harness: Harness = {
  seeds: () => [encodeSafetensors(randomTensors({ ...TINY_CONFIG, n_layer: 1 }, 1), 'F16')],
  read: (_, file) => outcomeOf(() => readSafetensors(file)),
  isDamage: () => true,
};
