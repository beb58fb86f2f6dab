// Plans as people write them, against the schema that editors complete them by: what one takes, the other takes.

import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { Ajv } from 'ajv';
import { UserError } from '../../../server/errors.ts';
import { makePlan, readPlanFile } from '../../../server/plan/plan-file.ts';
import { scratchFolder } from '../../support/scratch.ts';

const schemaFile = join(import.meta.dirname, '..', '..', '..', 'media', 'plan.schema.json');
const schema = JSON.parse(readFileSync(schemaFile, 'utf8')) as { properties: Record<string, unknown> };
const isValid = new Ajv({ strict: false }).compile(schema);

const noPrompts = () => Promise.reject(new Error('No prompts are named'));

const full = {
  model: 'owner/name',
  corpus: ['owner/data', './here'],
  samples: 10,
  maxTokens: 20,
  strategy: 'tdg',
  topK: 0,
  topP: 0.5,
  temperature: 0,
  seed: 7,
  int8: true,
  minLines: 3,
  profile: 'text-1',
  columns: { content: 'text' },
};

test('every property is taken, by the schema too', async () => {
  const folder = scratchFolder();
  mkdirSync(join(folder, 'here'));
  const plan = await makePlan(full, folder, noPrompts);
  assert(isValid(full), JSON.stringify(isValid.errors));
  assert.equal(plan.source.model, 'hf://owner/name');
  assert.deepEqual(plan.corpus, ['hf://datasets/owner/data', join(folder, 'here')]);
  assert.deepEqual(
    { ...plan.sampling },
    {
      ...{ strategy: 'tdg', nSamples: 10, maxTokens: 20, topK: 0, topP: 0.5, temperature: 0, seed: 7 },
      prompts: [],
      int8: true,
    },
  );
  assert.deepEqual(plan.rule, { minLines: 3, profile: 'text-1' });
  assert.deepEqual(plan.columns, { content: 'text' });
});

test('what the schema refuses, the server refuses by name', async () => {
  const wrong: readonly (readonly [string, object])[] = [
    ['model', { corpus: 'c' }],
    ['corpus', { model: 'm' }],
    ['corpus', { model: 'm', corpus: [] }],
    ['sampels', { ...full, sampels: 1 }],
    ['samples', { ...full, samples: 0 }],
    ['samples', { ...full, samples: '10' }],
    ['strategy', { ...full, strategy: 'best' }],
    ['topP', { ...full, topP: 0 }],
    ['temperature', { ...full, temperature: -1 }],
    ['columns', { ...full, columns: 'text' }],
    ['columns', { ...full, columns: { contents: 'text' } }],
    ['columns', { ...full, columns: { content: '' } }],
  ];
  for (const [name, plan] of wrong) {
    assert(!isValid(plan), name);
    await assert.rejects(
      makePlan(plan, '/', noPrompts),
      (error: Error) => error instanceof UserError && error.message.includes(name),
      name,
    );
  }
});

test('a folder that is there wins over a name of the Hub, from wherever the file lies', async () => {
  const folder = scratchFolder();
  mkdirSync(join(folder, 'owner', 'name'), { recursive: true });
  const file = join(folder, 'x.verbatim.json');
  writeFileSync(file, JSON.stringify({ model: 'owner/name', corpus: 'owner/data' }));
  const plan = await readPlanFile(file, noPrompts);
  assert.equal(plan.source.model, join(folder, 'owner', 'name'));
  assert.deepEqual(plan.corpus, ['hf://datasets/owner/data']);
  writeFileSync(file, '{');
  await assert.rejects(readPlanFile(file, noPrompts), UserError);
});
