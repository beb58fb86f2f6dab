// What LLaMA's configuration says is honoured or refused by name, in the layout of older versions too, and a head is
// tied or not by the weights that are there.

import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { UserError } from '../../../../server/errors.ts';
import { findArchitecture } from '../../../../server/sampling/decoder/architectures/index.ts';
import { ConfigFile } from '../../../../server/sampling/decoder/config-file.ts';
import { openCheckpoint } from '../../../../server/sampling/model/checkpoint.ts';
import {
  encodeSafetensors,
  randomTensors,
  writeRandomCheckpoint,
} from '../../../support/sampling/random-checkpoint.ts';
import { TINY_CONFIGS } from '../../../support/sampling/tiny-configs.ts';
import { scratchFolder } from '../../../support/scratch.ts';

const { rope_scaling: _scaling, rope_theta: _theta, ...TINY } = TINY_CONFIGS.llama!;

function read(change: object) {
  const file = new ConfigFile('config.json', JSON.stringify({ ...TINY, ...change }));
  return findArchitecture(file).read(file);
}

const rotation = (change: object) => read(change).attention.layers[0]!.rotation!;

describe('a configuration', () => {
  test('without a word of what it could say is the first LLaMA', () => {
    const file = new ConfigFile('config.json', '{"model_type":"llama"}');
    const spec = findArchitecture(file).read(file);
    assert.deepEqual(
      [spec.nLayers, spec.width, spec.attention.nKeyHeads, spec.attention.headWidth, spec.mlp.innerWidth],
      [32, 4096, 32, 128, 11_008],
    );
    assert.deepEqual([findArchitecture(file).defaultTokens, spec.head], [{ bos: 1, eos: 2 }, 'own']);
    assert.equal(spec.attention.layers[0]!.rotation!.frequencies.length, 64);
  });

  test('says the same in the layout of older versions', () => {
    const newer = { rope_parameters: { rope_theta: 500, rope_type: 'linear', factor: 4 } };
    const older = { rope_theta: 500, rope_scaling: { type: 'linear', factor: 4 } };
    assert.deepEqual(rotation(newer), rotation(older));
    assert.notDeepEqual(rotation(newer), rotation({ rope_theta: 500 }));
    assert.deepEqual(rotation({ rope_theta: 500 }), rotation({ rope_theta: 500, rope_scaling: null }));
  });

  test('may be noted in by converters', () => {
    const notes = {
      is_llama_config: true,
      rope_interleaved: false,
      'transformers.js_config': { dtype: 'q4' },
    };
    assert.deepEqual(read({ ...notes, pretraining_tp: 2, attention_dropout: 0.1 }), read({}));
  });

  const refused: Readonly<Record<string, readonly [object, RegExp]>> = {
    'key heads that do not divide the heads': [{ num_key_value_heads: 3 }, /"num_attention_heads" \(4\)/],
    'heads of an odd width': [{ head_dim: 15 }, /15 values of a head cannot be rotated/],
    'a scaling that is not known': [
      { rope_scaling: { rope_type: 'longrope', short_factor: [1] } },
      /"rope_scaling": the type "longrope" is not supported/,
    ],
    'a scaling with a name of every object': [{ rope_scaling: { type: 'toString' } }, /"toString" is not/],
    'a scaling without its factor': [{ rope_scaling: { type: 'linear' } }, /"factor" should be above 0/],
    'a key of a scaling that is not known': [
      { rope_scaling: { type: 'linear', factor: 2, partial_rotary_factor: 0.5 } },
      /"rope_scaling": "partial_rotary_factor" is not 1/,
    ],
    'a scaling that is no object': [{ rope_scaling: [2] }, /"rope_scaling" should be an object/],
    'pairs that lie side by side': [{ rope_interleaved: true }, /"rope_interleaved": true/],
    'a window': [{ sliding_window: 4096 }, /"sliding_window" is unknown/],
    'weights in 4 bits': [{ quantization_config: { bits: 4 } }, /"quantization_config"/],
  };
  for (const [name, [change, message]] of Object.entries(refused)) {
    test(`is refused for ${name}`, () => {
      assert.throws(
        () => read(change),
        (error) => {
          assert.ok(error instanceof UserError, String(error));
          assert.match(error.message, message);
          return true;
        },
      );
    });
  }
});

describe('a head', () => {
  const dir = scratchFolder();
  const config = { model_type: 'llama', tie_word_embeddings: true };
  writeRandomCheckpoint(dir, { config });
  /** The file with a head in it, though the configuration says that it is the embedding. */
  const addHead = (change: number) => {
    const tensors = randomTensors({ ...TINY_CONFIGS.llama, ...config }, 1);
    const embedding = tensors.find(({ name }) => name === 'model.embed_tokens.weight')!;
    const values = Float32Array.from(embedding.values);
    values[values.length - 1]! += change;
    const head = { ...embedding, name: 'lm_head.weight', values };
    writeFileSync(join(dir, 'model.safetensors'), encodeSafetensors([...tensors, head], 'F32'));
  };

  test('that is not there is the embedding', async () => {
    const { weights } = await openCheckpoint(dir);
    assert.equal(weights.head.weight.bareName, 'embed_tokens.weight');
  });

  test('that is there as well is a head of its own where it differs', async () => {
    const before = (await openCheckpoint(dir)).digest;
    addHead(0);
    const same = await openCheckpoint(dir);
    assert.equal(same.weights.head.weight.bareName, 'embed_tokens.weight');
    assert.equal(same.digest, before);
    addHead(1);
    const other = await openCheckpoint(dir);
    assert.equal(other.weights.head.weight.bareName, 'lm_head.weight');
    assert.notEqual(other.digest, before);
  });

  test('of its own that is missing is asked for by name', async () => {
    const untied = scratchFolder();
    writeRandomCheckpoint(untied, { config });
    const path = join(untied, 'config.json');
    const json = JSON.parse(readFileSync(path, 'utf8'));
    writeFileSync(path, JSON.stringify({ ...json, tie_word_embeddings: false }));
    await assert.rejects(openCheckpoint(untied), /the weight lm_head\.weight is missing/);
  });
});
