// Devices that read whole texts: what they say of training data and of texts is what the CPU says, whichever of them reads,
// whatever is beside it.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Execution } from '../../../protocol/study.ts';
import { chooseDeviceForm } from '../../../server/sampling/forms/device/device-form.ts';
import { chooseReadingForm } from '../../../server/sampling/forms/device/reading-form.ts';
import { mapBatch, openMapper } from '../../../server/sampling/forms/map/map-batch.ts';
import type { MapRow, MapRowResult } from '../../../server/sampling/forms/map/rows.ts';
import { openMapReader } from '../../../server/sampling/map-model.ts';
import { type Checkpoint, openCheckpoint } from '../../../server/sampling/model/checkpoint.ts';
import { scoreTexts } from '../../../server/sampling/score.ts';
import { inCi } from '../../support/in-ci.ts';
import { writeRandomCheckpoint } from '../../support/sampling/random-checkpoint.ts';
import { scratchFolder } from '../../support/scratch.ts';
import { driverEnvironment, hasSoftwareDriver } from '../../support/software-driver.ts';

const RULE = { temperature: 0.8, topK: 20 };
const { signal } = new AbortController();
/** Each start of a driver takes seconds. */
const inCiAlone = { skip: !inCi && 'starts another driver: set CI to run it' };
const on = (provider: Execution['provider']): Execution => ({ provider, batch: 2, workers: 1 });

describe('WebGPU', { skip: !hasSoftwareDriver }, () => {
  Object.assign(process.env, driverEnvironment);

  test('reads what the CPU reads, alone or beside others', async () => {
    const checkpoint = await openCheckpoint(
      writeRandomCheckpoint(scratchFolder(), { config: { model_type: 'llama' } }),
    );
    const rows = [40, 40, 40, 25].map((length, document) => rowOf(document, length, 11));
    const expected = await readOnCpu(checkpoint, rows);
    const question = { checkpoint, rule: RULE, longest: 39, nPositions: 0, signal };
    using reader = await openMapReader({ ...question, execution: on('webgpu') });
    assert.match(reader.form, /^map-float32-positions-\d+$/);
    const actual: MapRowResult[] = [];
    const batches = [rows.slice(0, 2), rows.slice(2, 3), rows.slice(3)];
    for await (const some of reader.read(asyncly(batches))) actual.push(...some);
    assert.equal(actual.length, rows.length);
    for (const one of actual) {
      const same = expected[one.document]!;
      assert.deepEqual([...one.best], [...same.best]);
      for (const part of ['plain', 'drawn'] as const)
        for (const [i, value] of one[part].entries())
          assert.ok(value === same[part][i] || Math.abs(value - same[part][i]!) < 1e-4, `${part} ${i}`);
    }
  });

  test('scores what the CPU scores', inCiAlone, async () => {
    const checkpoint = await openCheckpoint(writeRandomCheckpoint(scratchFolder()));
    const texts = ['def f(x):\n    return x\n', '', 'x = 1\n'.repeat(40)].map((text) => Buffer.from(text));
    const [onCpu, onDevice] = [
      await scoreAll(checkpoint, texts, 'cpu'),
      await scoreAll(checkpoint, texts, 'webgpu'),
    ];
    assert.deepEqual(
      onDevice.map(({ length }) => length),
      onCpu.map(({ length }) => length),
    );
    for (const [at, logprobs] of onCpu.entries())
      for (const [i, value] of logprobs.entries()) assert.ok(Math.abs(value - onDevice[at]![i]!) < 1e-4);
  });
});

test('a mixture of experts has no form for devices, and is refused by name', async () => {
  const { config } = await openCheckpoint(
    writeRandomCheckpoint(scratchFolder(), { config: { model_type: 'olmoe' } }),
  );
  const refusal = /no form for a mixture of experts, and this model has 6/;
  for (const provider of ['cuda', 'webgpu'] as const) {
    assert.throws(() => chooseDeviceForm(provider, config), refusal);
    assert.throws(() => chooseReadingForm(provider, config, 95, 'auto', () => 1024), refusal);
  }
});

test('a provider that reads nothing is refused by name', async () => {
  const { config } = await openCheckpoint(writeRandomCheckpoint(scratchFolder()));
  assert.throws(
    () => chooseReadingForm('dml', config, 95, 'auto', () => 1024),
    /no form to read whole texts/,
  );
  assert.throws(
    () => chooseReadingForm('cuda', config, 131_072, 'auto', () => 1024),
    /up to 65472 tokens.*131072/,
  );
});

function rowOf(document: number, length: number, nKnown: number): MapRow {
  const tokens = Int32Array.from({ length }, (_, i) => ((document + 1) * (i + 3) * 37) % 299);
  return { document, start: nKnown, tokens, nKnown };
}

async function readOnCpu(checkpoint: Checkpoint, rows: readonly MapRow[]): Promise<readonly MapRowResult[]> {
  const session = { provider: 'cpu', nThreads: 1, weightFolder: checkpoint.weightFolder } as const;
  const measure = await openMapper(checkpoint, RULE, session);
  const results: MapRowResult[] = [];
  for (const row of rows) results.push(...(await mapBatch(measure, RULE, [row])));
  return results;
}

async function scoreAll(
  checkpoint: Checkpoint,
  texts: readonly Uint8Array[],
  provider: Execution['provider'],
): Promise<readonly Float32Array[]> {
  const logprobs: Float32Array[] = [];
  for await (const score of scoreTexts({ checkpoint, texts, execution: on(provider), signal }))
    logprobs.push(score.logprobs);
  return logprobs;
}

async function* asyncly<T>(values: Iterable<T>): AsyncGenerator<T, undefined> {
  yield* values;
}
