// A line of progress fits its terminal, and says how long things take whether or not anything was finished.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Progress } from '../../../protocol/study.ts';
import { describeProgress, progressLine } from '../../../server/cli/terminal-progress.ts';

const progress = (done: number, elapsedMs: number): Progress => ({
  ...{ stage: 'sample', unit: 'samples', total: 20_000, resumedFrom: 0 },
  ...{ done, elapsedMs },
});

test('on any width the line fits, and what matters is on it', () => {
  for (let columns = 0; columns <= 200; columns++) {
    const line = progressLine('Sampling the model', progress(12_800, 84_000), 0, columns);
    assert(line.length <= Math.max(0, columns - 1), `${line.length} of ${columns}`);
    if (columns < 75) continue;
    assert(line.endsWith('12800/20000 samples · 152.4 samples/s · 47 s left'), `${columns}: ${line}`);
    if (columns >= 80) assert.match(line, /█░/);
  }
});

test('few bytes a second are no zeros', () => {
  const read = (done: number, total: number): Progress => ({
    ...{ stage: 'map', unit: 'bytes', total, resumedFrom: 0, done, elapsedMs: 2000 },
  });
  assert.equal(describeProgress(read(12_000, 158_000)), '12.0/158.0 kB · 6.0 kB/s · 24 s left');
  assert.equal(describeProgress(read(1_200_000, 15_800_000)), '1.2/15.8 MB · 0.6 MB/s · 24 s left');
});

test('while nothing is finished the time goes on', () => {
  assert.equal(describeProgress(progress(0, 0)), '0/20000 samples');
  assert.equal(describeProgress(progress(0, 10), 12_000), '0/20000 samples · for 12 s');
  assert.equal(
    describeProgress(progress(5000, 5000), 3000),
    '5000/20000 samples · 1,000 samples/s · 12 s left',
  );
  assert.equal(
    describeProgress(progress(5000, 5000), 60_000),
    '5000/20000 samples · 1,000 samples/s · 0 s left',
  );
  assert.equal(describeProgress(progress(20_000, 5000)), '20000/20000 samples · 4,000 samples/s · 5 s');
});
