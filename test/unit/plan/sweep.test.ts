// Plan files on the command line: every combination of their lists, named by what tells it from the others.

import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { UserError } from '../../../server/errors.ts';
import { readPlanFile, readSweep } from '../../../server/plan/plan-file.ts';
import { readPrompts } from '../../../server/study/user-files.ts';
import { scratchFolder } from '../../support/scratch.ts';

const folder = scratchFolder();
for (const name of ['m', 'n', 'c']) mkdirSync(join(folder, name));
const file = join(folder, 'plan.json');
const read = (plan: unknown) => {
  writeFileSync(file, typeof plan === 'string' ? plan : JSON.stringify(plan));
  return readSweep(file, readPrompts);
};

test('lists make a grid, single values do not', async () => {
  const points = await read({ model: './m', corpus: './c', topK: [10, 40], temperature: [0.5, 1], seed: 7 });
  assert.deepEqual(
    points.map(({ name, plan }) => [name, plan.sampling.topK, plan.sampling.temperature, plan.sampling.seed]),
    [
      ['topK=10,temperature=0.5', 10, 0.5, 7],
      ['topK=10,temperature=1', 10, 1, 7],
      ['topK=40,temperature=0.5', 40, 0.5, 7],
      ['topK=40,temperature=1', 40, 1, 7],
    ],
  );
  assert.deepEqual(
    [points[0]!.plan.source.model, points[0]!.plan.corpus],
    [join(folder, 'm'), [join(folder, 'c')]],
  );
  assert.equal((await read({ model: 'm', corpus: ['c'], samples: 5 }))[0]!.plan.sampling.nSamples, 5);
  assert.equal((await read({ model: ['m', 'n'], corpus: ['c'] })).length, 2);
});

test('without lists it is the plan that the editor runs', async () => {
  writeFileSync(join(folder, 'prompts.jsonl'), '"def one():"\n"def two():"\n');
  const columns = { content: 'text' };
  const plan = {
    $schema: 's',
    model: 'm',
    corpus: ['c'],
    strategy: 'pcg',
    prompts: 'prompts.jsonl',
    columns,
  };
  const points = await read(plan);
  assert.deepEqual(points, [{ name: '', plan: await readPlanFile(file, readPrompts) }]);
  assert.deepEqual(points[0]!.plan.sampling.prompts, ['def one():', 'def two():']);
});

test('what cannot be meant is refused by name', async () => {
  const refuses = (plan: unknown, message: RegExp) =>
    assert.rejects(read(plan), (error: Error) => error instanceof UserError && message.test(error.message));
  await refuses({ model: 'm', corpus: ['c'], temprature: 1 }, /no property "temprature"/);
  await refuses({ corpus: ['c'] }, /no "model"/);
  await refuses({ model: 'm', corpus: 3 }, /"corpus" of the plan is 3/);
  await refuses(
    { model: 'm', corpus: ['c'], topK: [10, -1] },
    /"topK" of the plan is -1, but must be a whole number from 0/,
  );
  await refuses({ model: 'm', corpus: ['c'], topK: [] }, /"topK" of the plan is \[\]/);
  await refuses('[]', /JSON object/);
  await refuses('{', /cannot be read/);
});
