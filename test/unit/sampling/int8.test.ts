// The 8-bit option: near to the exact model, and as repeatable as it.

import assert from 'node:assert/strict';
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import type { Execution } from '../../../protocol/study.ts';
import { Cancelled, EnvironmentError } from '../../../server/errors.ts';
import { defaultSampling } from '../../../server/plan/plan.ts';
import { linearsOf } from '../../../server/sampling/decoder/decoder-table.ts';
import { type Int8Weight, quantizeWeights } from '../../../server/sampling/decoder/int8-weights.ts';
import {
  type DistributionDistance,
  measureDistance,
} from '../../../server/sampling/forms/score/distribution-distance.ts';
import { openCheckpoint } from '../../../server/sampling/model/checkpoint.ts';
import { quantizeModel } from '../../../server/sampling/run/quantize-model.ts';
import {
  type GeneratedSample,
  type SamplerEnvironment,
  sampleModel,
} from '../../../server/sampling/sample-model.ts';
import type { Weight } from '../../../server/sampling/weights/safetensors.ts';
import { writeRandomCheckpoint } from '../../support/sampling/random-checkpoint.ts';
import { scratchFolder } from '../../support/scratch.ts';

const folder = scratchFolder();
process.env.XDG_CACHE_HOME = join(folder, 'cache');
const { signal } = new AbortController();
const config = { n_embd: 192, n_head: 3, vocab_size: 1500, bos_token_id: 1499, eos_token_id: 1499 };
const checkpoint = await openCheckpoint(writeRandomCheckpoint(join(folder, 'model'), { config }));

async function sample(int8: boolean, execution: Pick<Execution, 'batch' | 'workers'>) {
  const samples: GeneratedSample[] = [];
  let form = '';
  let distance: DistributionDistance | undefined;
  const request = {
    checkpoint,
    plan: {
      ...defaultSampling,
      ...{ nSamples: 18, maxTokens: 70, seed: 2, int8 },
    },
    execution: { provider: 'cpu', ...execution } as const,
    isDone: () => false,
    signal,
    onEnvironment: (environment: SamplerEnvironment) => {
      form = environment.form;
      distance = environment.distance;
    },
  };
  for await (const batch of sampleModel(request)) samples.push(...batch);
  return { form, distance, samples: samples.sort((a, b) => a.sampleId - b.sampleId) };
}

test('samples do not depend on their neighbours, and the form says what they are', async () => {
  const expected = await sample(true, { batch: 18, workers: 1 });
  assert.match(expected.form, /-int8$/);
  assert.ok(expected.distance && expected.distance.meanKl > 1e-6 && expected.distance.meanKl < 0.05);
  for (const execution of [
    { batch: 1, workers: 2 },
    { batch: 16, workers: 1 },
  ]) {
    assert.deepEqual(await sample(true, execution), expected);
  }
  const exact = await sample(false, { batch: 18, workers: 1 });
  assert.notDeepEqual(exact.samples, expected.samples);
  assert.equal(exact.distance, undefined);
});

test('the distance is none for the model itself, and small for 8 bits', async () => {
  const none = await measureDistance(checkpoint, checkpoint, 8, 1);
  assert.ok(Math.abs(none.meanKl) < 1e-9 && none.sameBest === 1);
  const small = await measureDistance(checkpoint, await quantizeModel(checkpoint, signal), 8, 1);
  assert.equal(small.nPositions, 8 * 16);
  assert.ok(small.meanKl > 1e-6 && small.meanKl < 0.05, `mean KL ${small.meanKl}`);
  assert.ok(small.meanTotalVariation < 0.1 && small.sameBest > 0.9);
});

describe('weights rounded to 8 bits', () => {
  const cached = () => readdirSync(join(folder, 'cache/verbatim/int8'));

  for (const dtype of ['F32', 'F16', 'BF16'] as const) {
    for (const tie of [true, false]) {
      test(`are within half a step of ${dtype} ones, with a ${tie ? 'tied' : 'separate'} head`, async () => {
        // Wider than a stretch that is read at once, so that rows come in several.
        const config = { vocab_size: 40_000, n_layer: 1, tie_word_embeddings: tie };
        const dir = writeRandomCheckpoint(join(folder, `${dtype}-${tie}`), { config, dtype });
        const { weights, digest } = await openCheckpoint(dir);
        const { file, byName } = await quantizeWeights(weights, digest, signal);
        assert.equal(byName.size, 5);
        const bytes = readFileSync(file);
        for (const { weight, layout } of linearsOf(weights)) {
          const place = byName.get(weight.bareName)!;
          const exact = readExact(weight);
          checkRounding(bytes, place, (row, column) =>
            layout === 'out-in' ? exact[column * place.from + row]! : exact[row * place.to + column]!,
          );
        }
      });
    }
  }

  test('are made once, and again when the file is cut short', async () => {
    const { weights, digest } = checkpoint;
    const round = () => quantizeWeights(weights, digest, signal);
    const { file } = await round();
    const { mtimeMs, ino } = statSync(file);
    const bytes = readFileSync(file);
    await round();
    assert.deepEqual([statSync(file).mtimeMs, statSync(file).ino], [mtimeMs, ino]);
    writeFileSync(file, bytes.subarray(0, 1000));
    await round();
    assert.deepEqual(readFileSync(file), bytes);
    assert.ok(
      cached().every((name) => /^[0-9a-f]{64}$/.test(name)),
      'no draft is left',
    );
  });

  test('say what to do where they cannot be kept, and leave nothing when cancelled', async () => {
    const before = cached();
    const { weights, digest } = checkpoint;
    await assert.rejects(quantizeWeights(weights, `${digest}x`, AbortSignal.abort()), Cancelled);
    assert.deepEqual(cached(), before);
    const cache = process.env.XDG_CACHE_HOME;
    writeFileSync(join(folder, 'file'), '');
    process.env.XDG_CACHE_HOME = join(folder, 'file');
    try {
      await assert.rejects(quantizeWeights(weights, digest, signal), (error) => {
        assert.ok(error instanceof EnvironmentError && /XDG_CACHE_HOME/.test(error.action ?? ''));
        return true;
      });
    } finally {
      process.env.XDG_CACHE_HOME = cache;
    }
  });
});

function readExact({ file, byteOffset, nBytes, type }: Weight): Float32Array {
  const bytes = new Uint8Array(readFileSync(file).subarray(byteOffset, byteOffset + nBytes));
  if (type === 'float32') return new Float32Array(bytes.buffer);
  if (type === 'float16') return Float32Array.from(new Float16Array(bytes.buffer));
  return new Float32Array(Uint32Array.from(new Uint16Array(bytes.buffer), (word) => word << 16).buffer);
}

function checkRounding(
  bytes: Buffer,
  { from, to, whole, scale }: Int8Weight,
  exact: (row: number, column: number) => number,
): void {
  for (let column = 0; column < to; column++) {
    const step = bytes.readFloatLE(scale.byteOffset + 4 * column);
    let highest = 0;
    for (let row = 0; row < from; row++) {
      const level = bytes.readInt8(whole.byteOffset + row * to + column);
      highest = Math.max(highest, Math.abs(level));
      const error = Math.abs(level * step - exact(row, column));
      if (!(error <= 0.5001 * step)) assert.fail(`${level} × ${step} at ${row}, ${column}: off by ${error}`);
    }
    if (highest !== 63) assert.fail(`column ${column} uses ${highest} of 63 levels`);
  }
}
