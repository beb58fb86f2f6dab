// The 8-bit option: near to the exact model, and as repeatable as it.

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import type { Execution } from '../../protocol/study.ts';
import { openCheckpoint } from '../../server/sampling/checkpoint.ts';
import { type DistributionDistance, measureDistance } from '../../server/sampling/distribution-distance.ts';
import {
  type GeneratedSample,
  type SamplerEnvironment,
  sampleModel,
} from '../../server/sampling/sample-model.ts';
import { writeRandomCheckpoint } from './sampling-random-checkpoint.ts';

const folder = mkdtempSync(join(tmpdir(), 'verbatim-int8-'));
after(() => rmSync(folder, { recursive: true }));
const config = { n_embd: 192, n_head: 3, vocab_size: 1500, bos_token_id: 1499, eos_token_id: 1499 };
const checkpoint = await openCheckpoint(writeRandomCheckpoint(join(folder, 'model'), { config }));

async function sample(products: 'int8' | undefined, execution: Pick<Execution, 'batch' | 'workers'>) {
  const samples: GeneratedSample[] = [];
  let form = '';
  let distance: DistributionDistance | undefined;
  const request = {
    checkpoint,
    plan: {
      ...({ strategy: 'npg', nSamples: 40, maxTokens: 70, topK: 40, topP: 1 } as const),
      ...{ temperature: 1, seed: 2, prompts: [] },
      ...(products === undefined ? {} : { products }),
    },
    execution: { provider: 'cpu', ...execution } as const,
    isDone: () => false,
    signal: new AbortController().signal,
    onEnvironment: (environment: SamplerEnvironment) => {
      form = environment.form;
      distance = environment.distance;
    },
  };
  for await (const batch of sampleModel(request)) samples.push(...batch);
  return { form, distance, samples: samples.sort((a, b) => a.sampleId - b.sampleId) };
}

test('samples do not depend on their neighbours, and the form says what they are', async () => {
  const expected = await sample('int8', { batch: 40, workers: 1 });
  assert.match(expected.form, /-int8$/);
  assert.ok(expected.distance && expected.distance.meanKl > 1e-6 && expected.distance.meanKl < 0.05);
  for (const execution of [
    { batch: 1, workers: 2 },
    { batch: 16, workers: 1 },
  ]) {
    assert.deepEqual(await sample('int8', execution), expected);
  }
  const exact = await sample(undefined, { batch: 40, workers: 1 });
  assert.notDeepEqual(exact.samples, expected.samples);
  assert.equal(exact.distance, undefined);
});

test('the distance is none for the model itself, and small for 8 bits', async () => {
  const none = await measureDistance(checkpoint, checkpoint, 8, 1);
  assert.ok(Math.abs(none.meanKl) < 1e-9 && none.sameBest === 1);
  const small = await measureDistance(checkpoint, { ...checkpoint, products: 'int8' }, 8, 1);
  assert.equal(small.nPositions, 8 * 16);
  assert.ok(small.meanKl > 1e-6 && small.meanKl < 0.05, `mean KL ${small.meanKl}`);
  assert.ok(small.meanTotalVariation < 0.1 && small.sameBest > 0.9);
});
