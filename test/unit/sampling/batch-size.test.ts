// The size of batches: as large as is faster, on whatever machine, and never at the price of memory for nothing.

import assert from 'node:assert/strict';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { defaultSampling } from '../../../server/plan/plan.ts';
import { openCheckpoint } from '../../../server/sampling/model/checkpoint.ts';
import { BatchQueue } from '../../../server/sampling/run/batch-queue.ts';
import { BatchSizeSearch } from '../../../server/sampling/run/batch-size-search.ts';
import { planExecution } from '../../../server/sampling/run/plan-execution.ts';
import { type GeneratedSample, sampleModel } from '../../../server/sampling/sample-model.ts';
import { writeRandomCheckpoint } from '../../support/sampling/random-checkpoint.ts';
import { scratchFolder } from '../../support/scratch.ts';

const folder = scratchFolder();

/** Runs a queue on a machine that makes `rate(size)` tokens a millisecond; gives the sizes of its batches. */
function batchSizes(nRows: number, search: BatchSizeSearch, rate: (size: number) => number): number[] {
  const queue = new BatchQueue(
    Array.from({ length: nRows }, (_, i) => i),
    search,
  );
  const sizes: number[] = [];
  for (let next = queue.next(); !next.done; next = queue.next()) {
    sizes.push(next.value.length);
    search.observe(next.value.length, 1000, 1000 / rate(next.value.length));
  }
  return sizes;
}

describe('the search', () => {
  test('goes on to the size that is fastest', () => {
    const sizes = batchSizes(10_000, new BatchSizeSearch(64, 256, 1), (size) => size);
    // One to warm up, two of each that is timed.
    assert.deepEqual(sizes.slice(0, 8), [64, 64, 64, 128, 128, 256, 256, 256]);
    assert.equal(sizes.at(-2), 256);
    assert.equal(
      sizes.reduce((sum, size) => sum + size),
      10_000,
    );
  });

  test('keeps the smaller size where a larger one gains nothing', () => {
    const sizes = batchSizes(5000, new BatchSizeSearch(64, 256, 1), (size) => Math.min(size, 65));
    assert.deepEqual(
      new Set(sizes.slice(0, -1).filter((_, i) => i < 3 || i > 4)),
      new Set([64]),
      'only two batches were tried larger',
    );
  });

  test('is not misled by one slow batch', () => {
    let nBatches = 0;
    const sizes = batchSizes(10_000, new BatchSizeSearch(64, 128, 1), (size) =>
      ++nBatches === 4 ? 1 : size,
    );
    assert.equal(sizes.at(-2), 128);
  });

  test('does not begin where too little is left to gain from', () => {
    assert.deepEqual(
      new Set(batchSizes(640, new BatchSizeSearch(64, 256, 1), (size) => size)),
      new Set([64]),
    );
  });

  test('keeps below what did not fit into memory', () => {
    const search = new BatchSizeSearch(64, 256, 1);
    for (let i = 0; i < 3; i++) search.observe(64, 1000, 100);
    assert.equal(search.size(10_000), 128);
    search.limit(128);
    assert.equal(search.size(10_000), 64);
    search.limit(64);
    assert.equal(search.size(10_000), 32);
  });
});

describe('automatic batches and threads', () => {
  const EXECUTION = { provider: 'cpu', batch: 'auto', workers: 1 } as const;
  const dir = writeRandomCheckpoint(join(folder, 'model'), { config: { n_positions: 16 } });

  test('fit into memory, and a number that was asked for stays', async () => {
    const checkpoint = await openCheckpoint(dir);
    assert.equal(planExecution(EXECUTION, checkpoint, 10_000, 16).batch, 64);
    assert.equal(planExecution(EXECUTION, checkpoint, 10_000, 16).largestBatch, 256);
    const wide = { ...checkpoint, cacheBytesPerPosition: 1e9 };
    const { batch, largestBatch } = planExecution(EXECUTION, wide, 10_000, 1024);
    assert.ok(batch === 1 && largestBatch === 1);
    const asked = planExecution({ ...EXECUTION, batch: 100 }, checkpoint, 10_000, 16);
    assert.deepEqual([asked.batch, asked.largestBatch], [100, 100]);
  });

  test('leave their core to others while they wait, where a small model has them wait', async () => {
    const checkpoint = await openCheckpoint(dir);
    const idleWith = (weightBytes: number) =>
      planExecution(EXECUTION, { ...checkpoint, weightBytes }, 10_000, 16).idle;
    assert.deepEqual([idleWith(10e6), idleWith(500e6)], ['asleep', 'awake']);
  });

  test('give the samples that any batch gives, each once', async () => {
    const checkpoint = await openCheckpoint(dir);
    const sample = async (batch: number | 'auto') => {
      const samples: GeneratedSample[] = [];
      const sizes = new Set<number>();
      const request = {
        checkpoint,
        plan: {
          ...defaultSampling,
          ...{ nSamples: 3000, maxTokens: 4, seed: 1 },
        },
        execution: { ...EXECUTION, batch },
        isDone: () => false,
        signal: new AbortController().signal,
        onEnvironment: () => {},
      };
      for await (const rows of sampleModel(request)) {
        sizes.add(rows.length);
        samples.push(...rows);
      }
      return { sizes, samples: samples.sort((a, b) => a.sampleId - b.sampleId) };
    };
    const automatic = await sample('auto');
    assert.ok(automatic.sizes.has(64) && automatic.sizes.has(128), 'a larger size was tried');
    assert.deepEqual(automatic.samples, (await sample(500)).samples);
  });
});
