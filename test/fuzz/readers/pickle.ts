// The machine alone: without an archive around it every byte is a pickle's.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { unpickle } from '../../../server/sampling/weights/pickle.ts';
import { PickleError } from '../../../server/sampling/weights/pickle-values.ts';
import type { Harness } from '../harness.ts';

const legacy = readFileSync(join(import.meta.dirname, '../../fixtures/torch/views-legacy.bin'));

export const harness: Harness = {
  seeds: () => {
    const seeds: Uint8Array[] = [];
    for (let at = 0; seeds.length < 5; ) {
      const { end } = unpickle(legacy, at);
      seeds.push(legacy.subarray(at, end));
      at = end;
    }
    return seeds;
  },
  read: (input) => {
    try {
      unpickle(input);
      return 'read';
    } catch (error) {
      if (error instanceof PickleError) return 'refused';
      throw error;
    }
  },
  isDamage: () => true,
};
