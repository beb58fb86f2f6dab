// What a study is told to take, against what one took.

import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { MeasuredSpeed } from '../../../protocol/plan-file.ts';
import { estimateStudy } from '../../../server/study/estimate-study.ts';
import { MeasuredSpeeds } from '../../../src/studies/measured-speeds.ts';
import { modelPlan } from '../../support/plans.ts';
import { scratchFolder } from '../../support/scratch.ts';

const folder = scratchFolder();
const make = (name: string, file: string, nBytes: number) => {
  mkdirSync(join(folder, name));
  writeFileSync(join(folder, name, file), Buffer.alloc(nBytes));
  return join(folder, name);
};
const corpus = make('corpus', 'shard.json.gz', 3_000);
const plan = (model: string) => modelPlan(model, [corpus], { maxTokens: 100 });
const small = make('small', 'model.safetensors', 1_000);
const speed: MeasuredSpeed = {
  model: small,
  modelBytes: 1_000,
  tokensPerSecond: 500,
  filled: 0.5,
  scanBytesPerSecond: 1_000,
  diskBytesPerToken: 20,
};

test('a study of a measured model is told the time and the space that it took', () => {
  const { basis, sizes } = estimateStudy(plan(small), [1_000], [speed]);
  assert.equal(basis, 'measured');
  // 1,000 samples of 50 tokens each at 500 a second, and 3,000 bytes at 1,000 a second.
  assert.deepEqual(sizes, [{ nSamples: 1_000, seconds: 103, diskBytes: 1_000_000 }]);
});

test('one of about its size is scaled, and of several the nearest is taken', () => {
  const twice = make('twice', 'model.safetensors', 2_000);
  const far = { ...speed, model: 'far', modelBytes: 7_000, tokensPerSecond: 1 };
  const { basis, sizes } = estimateStudy(plan(twice), [1_000], [far, speed]);
  assert.equal(basis, 'measured');
  assert.equal(sizes[0]?.seconds, 203);
});

test('another model is told by its size, and that it was', () => {
  const large = make('large', 'model.safetensors', 100_000);
  for (const speeds of [[], [speed]]) {
    const { basis, nCores, sizes } = estimateStudy(plan(large), [1_000, 2_000], speeds);
    assert.equal(basis, 'assumed');
    assert.ok(nCores >= 1);
    const [once, twice] = sizes.map(({ seconds }) => seconds!);
    assert.ok(once! > 0 && twice! > once!);
  }
});

test('what must be fetched first has no time', () => {
  const { sizes, modelBytes } = estimateStudy(plan(join(folder, 'not-here')), [10], [speed]);
  assert.equal(modelBytes, null);
  assert.equal(sizes[0]?.seconds, null);
});

test('a study whose samples all ended at once teaches no speed', async () => {
  const kept = new Map<string, unknown>();
  const speeds = new MeasuredSpeeds(
    { request: async () => ({ modelBytes: 1_000 }) } as never,
    {
      get: (key: string, none: unknown) => kept.get(key) ?? none,
      update: async (key: string, value: unknown) => void kept.set(key, value),
    } as never,
  );
  const last = new Map([['sample', { stage: 'sample', elapsedMs: 10_000, done: 100, resumedFrom: 0 }]]);
  const ended = (nTokens: number) =>
    ({
      summary: { plan: plan(small), id: join(small, 'model.safetensors'), nSamples: 100, nTokens },
      last,
    }) as never;
  await speeds.learn(ended(0));
  assert.equal(speeds.known.length, 0);
  await speeds.learn(ended(5_000));
  assert.equal(speeds.known[0]?.tokensPerSecond, 500);
});
