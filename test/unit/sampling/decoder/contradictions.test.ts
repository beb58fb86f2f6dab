// A checkpoint of any architecture whose configuration says something else than its weights, or whose weights are not whole,
// is refused by the tensor's name and both shapes.

import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { UserError } from '../../../../server/errors.ts';
import { openCheckpoint } from '../../../../server/sampling/model/checkpoint.ts';
import {
  encodeSafetensors,
  randomTensors,
  writeRandomCheckpoint,
} from '../../../support/sampling/random-checkpoint.ts';
import { TINY_CONFIGS } from '../../../support/sampling/tiny-configs.ts';
import { scratchFolder } from '../../../support/scratch.ts';

/** What each of these changes is said by shapes, in every architecture that has the key. */
const SIZES = [
  ...['hidden_size', 'n_embd', 'd_model', 'vocab_size', 'intermediate_size', 'moe_intermediate_size'],
  ...['ffn_dim', 'head_dim'],
];
const LAYERS = ['num_hidden_layers', 'n_layer', 'num_layers'];

for (const [type, config] of Object.entries(TINY_CONFIGS)) {
  describe(type, () => {
    const dir = writeRandomCheckpoint(scratchFolder(), { config });
    const open = async (change: object, message: RegExp) => {
      writeFileSync(join(dir, 'config.json'), JSON.stringify({ ...config, ...change }));
      await assert.rejects(openCheckpoint(dir), (error) => {
        assert.ok(error instanceof UserError, String(error));
        assert.match(error.message, message);
        assert.ok(error.action);
        return true;
      });
    };

    for (const key of SIZES.filter((key) => key in config)) {
      test(`another ${key}`, () =>
        open(
          { [key]: 2 * Number(config[key]) },
          /: \S+ has the shape \[[\d, ]+\], and config\.json asks for \[[\d, ]+\]/,
        ));
    }

    test('more layers than there are', async () => {
      const key = LAYERS.find((key) => key in config)!;
      await open({ [key]: 2 * Number(config[key]) }, /the weight \S+ is missing/);
    });

    test('weights that end early, and each kind of tensor left out', async () => {
      const path = join(dir, 'model.safetensors');
      const whole = readFileSync(path);
      writeFileSync(path, whole.subarray(0, whole.length - 40));
      await open({}, /model\.safetensors is damaged: it ends at byte \d+, inside \S+/);
      const tensors = randomTensors(config, 1);
      const first = tensors.filter(({ name }) => /(layers|h)\.0\./.test(name));
      assert.ok(first.length >= 6);
      for (const { name } of first) {
        writeFileSync(
          path,
          encodeSafetensors(
            tensors.filter((one) => one.name !== name),
            'F32',
          ),
        );
        const bare = /(layers|h)\.0\..*/.exec(name)![0].replaceAll('.', '\\.');
        await open({}, new RegExp(`: the weight ${bare} is missing`));
      }
    });
  });
}
