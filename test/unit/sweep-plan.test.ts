// Plan files: every combination of their lists, named by what tells it from the others.

import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { UserError } from '../../server/errors.ts';
import { readSweep } from '../../server/study/sweep-plan.ts';
import { scratchFolder } from '../support/scratch.ts';

const folder = scratchFolder();
const read = (plan: unknown) => {
  const path = join(folder, 'plan.json');
  writeFileSync(path, typeof plan === 'string' ? plan : JSON.stringify(plan));
  return readSweep(path, (_, location) => location);
};

test('lists make a grid, single values do not', () => {
  const points = read({ model: './m', corpus: './c', topK: [10, 40], temperature: [0.5, 1], seed: 7 });
  assert.deepEqual(
    points.map(({ name, plan }) => [name, plan.sampling.topK, plan.sampling.temperature, plan.sampling.seed]),
    [
      ['topK=10,temperature=0.5', 10, 0.5, 7],
      ['topK=10,temperature=1', 10, 1, 7],
      ['topK=40,temperature=0.5', 40, 0.5, 7],
      ['topK=40,temperature=1', 40, 1, 7],
    ],
  );
  assert.deepEqual([points[0]!.plan.model, points[0]!.plan.corpus], [join(folder, 'm'), [join(folder, 'c')]]);
  assert.equal(read({ model: 'm', corpus: ['c'], samples: 5 })[0]!.plan.sampling.nSamples, 5);
  assert.equal(read({ model: ['m', 'n'], corpus: ['c'] }).length, 2);
});

test('what cannot be meant is refused by name', () => {
  const refuses = (plan: unknown, message: RegExp) =>
    assert.throws(
      () => read(plan),
      (error: Error) => error instanceof UserError && message.test(error.message),
    );
  refuses({ model: 'm', corpus: ['c'], temprature: 1 }, /"temprature" is no part/);
  refuses({ corpus: ['c'] }, /names no model/);
  refuses({ model: 'm', corpus: 3 }, /"corpus" must be a list/);
  refuses({ model: 'm', corpus: ['c'], topK: [10, -1] }, /top-k is -1/);
  refuses('[]', /no JSON object/);
  refuses('{', /cannot be read/);
});
