import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { readTorchFile } from '../../../server/sampling/weights/torch-file.ts';
import { type Harness, outcomeOf } from '../harness.ts';

const fixtures = join(import.meta.dirname, '../../fixtures/torch');

export const harness: Harness = {
  seeds: () =>
    ['gpt2-zip.bin', 'gpt2-legacy.bin', 'views-zip.bin', 'views-legacy.bin'].map((name) =>
      readFileSync(join(fixtures, name)),
    ),
  read: (_, file) => outcomeOf(() => readTorchFile(file)),
  isDamage: () => true,
};
