// A decoder made from a description alone, through the sampler's doors: its samples depend on the plan and the model
// alone, in 8 bits too, and what it takes in memory is what its key heads take.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Execution } from '../../../../protocol/study.ts';
import { defaultSampling } from '../../../../server/plan/plan.ts';
import { flopsPerPosition } from '../../../../server/sampling/decoder/decoder-table.ts';
import { KeyValueCache } from '../../../../server/sampling/forms/cached/key-value-cache.ts';
import { measureDistance } from '../../../../server/sampling/forms/score/distribution-distance.ts';
import { openCheckpoint } from '../../../../server/sampling/model/checkpoint.ts';
import { quantizeModel } from '../../../../server/sampling/run/quantize-model.ts';
import { type GeneratedSample, sampleModel } from '../../../../server/sampling/sample-model.ts';
import { PLAIN_DECODERS } from '../../../support/sampling/plain-decoders.ts';
import { testArchitectures, writePlainDecoder } from '../../../support/sampling/random-checkpoint.ts';
import { scratchFolder } from '../../../support/scratch.ts';

process.env.XDG_CACHE_HOME = scratchFolder();
const GROUPED = 'grouped queries, rotary positions, RMS norm and a gate';
const { signal } = new AbortController();
const open = (name: string, dtype: 'F32' | 'F16' | 'BF16' = 'F32') =>
  openCheckpoint(writePlainDecoder(scratchFolder(), PLAIN_DECODERS[name]!, dtype), testArchitectures());

describe('the same samples, bit for bit', () => {
  for (const name of [GROUPED, 'windows and unrotated positions in some layers, scaled rotation in others']) {
    for (const int8 of [false, true]) {
      test(`${name}${int8 ? ', in 8 bits' : ''}, for any batch and number of threads`, async () => {
        const checkpoint = await open(name);
        const sample = async (execution: Pick<Execution, 'batch' | 'workers'>) => {
          const samples: GeneratedSample[] = [];
          const plan = { ...defaultSampling, nSamples: 10, maxTokens: 75, seed: 5, int8 };
          const request = { checkpoint, plan, signal, isDone: () => false, onEnvironment: () => {} };
          for await (const batch of sampleModel({ ...request, execution: { provider: 'cpu', ...execution } }))
            samples.push(...batch);
          return samples.sort((a, b) => a.sampleId - b.sampleId);
        };
        const expected = await sample({ batch: 10, workers: 1 });
        assert.equal(expected.length, 10);
        for (const execution of [
          { batch: 1, workers: 2 },
          { batch: 7, workers: 1 },
        ]) {
          assert.deepEqual(await sample(execution), expected);
        }
      });
    }
  }
});

describe('8 bits', () => {
  for (const [name, decoder] of Object.entries(PLAIN_DECODERS)) {
    test(`are near to the floats: ${name}`, async () => {
      const checkpoint = await open(name);
      const rounded = await quantizeModel(checkpoint, signal);
      const { nLayers, mlp, width, embeddingWidth } = decoder.spec;
      const perLayer = (decoder.lie?.qkv === 'by-group' ? 1 : 3) + 1 + (mlp.gated ? 3 : 2);
      assert.equal(rounded.int8!.byName.size, nLayers * perLayer + (width === embeddingWidth ? 1 : 3));
      const { meanKl } = await measureDistance(checkpoint, rounded, 8, 1);
      assert.ok(meanKl > 1e-7 && meanKl < 0.05, `mean KL ${meanKl}`);
    });
  }
});

test('16-bit weights are the numbers they stand for', async () => {
  for (const dtype of ['F16', 'BF16'] as const) {
    const { meanKl } = await measureDistance(await open(GROUPED), await open(GROUPED, dtype), 8, 1);
    assert.ok(meanKl > 1e-9 && meanKl < 1e-3, `${dtype}: mean KL ${meanKl}`);
  }
});

test('memory and work are those of the key heads and of all products', async () => {
  const checkpoint = await open(GROUPED);
  const { config, cacheBytesPerPosition, weights, weightBytes } = checkpoint;
  const [nLayers, width, keys, inner] = [2, 48, 2 * 16, 3 * 48];
  assert.equal(cacheBytesPerPosition, 4 * 2 * nLayers * keys);
  const perLayer = width * (64 + 2 * keys) + 64 * width + 3 * width * inner;
  assert.equal(flopsPerPosition(weights), 2 * (nLayers * perLayer + width * 300));
  assert.equal(weightBytes, 4 * (nLayers * (perLayer + 2 * width) + width + width * 300));
  const inputs = new KeyValueCache(config, 5, 64).inputs();
  assert.deepEqual(inputs['blocks.1.key']!.dims, [0, 5, 2, 16, 64]);
  assert.deepEqual(inputs['recent.0.value']!.dims, [5, 2, 0, 16]);
});
