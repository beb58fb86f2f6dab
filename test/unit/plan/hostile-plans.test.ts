// Plans of strangers: whatever the JSON is, it is a plan of which every part is in its range, or a UserError that names
// the part. Nothing is cast to explode later, and nothing grows with what a plan promises.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { closeSync, openSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import { isSettingValue, planSettings } from '../../../protocol/plan-settings.ts';
import type { StudyPlan } from '../../../protocol/study.ts';
import { UserError } from '../../../server/errors.ts';
import { MAX_STUDIES, parsePlans } from '../../../server/plan/parse-plan.ts';
import { makePlan, readPlanFile, readSweep } from '../../../server/plan/plan-file.ts';
import { parseStoredPlan } from '../../../server/plan/stored-plan.ts';
import { readPrompts } from '../../../server/study/user-files.ts';
import { runs } from '../../support/in-ci.ts';
import { modelPlan } from '../../support/plans.ts';
import { scratchFolder } from '../../support/scratch.ts';

const folder = scratchFolder();
const file = join(folder, 'hostile.json');

const refuses = (plan: unknown, named: RegExp | string) =>
  assert.rejects(makePlan(plan, folder, readPrompts), (error: Error) => isRefusal(error, named));

function isRefusal(error: Error, named: RegExp | string): true {
  assert(error instanceof UserError, error.stack);
  assert(
    typeof named === 'string' ? error.message.includes(named) : named.test(error.message),
    error.message,
  );
  assert(error.message.length < 2000, `${error.message.length} characters`);
  return true;
}

test('a plan of too many studies is refused with their number, before any is made', async () => {
  const list = Array.from({ length: 200 }, (_, i) => i + 1);
  const plan = {
    model: 'm',
    corpus: 'c',
    topK: list,
    seed: list,
    minLines: list,
    maxTokens: list,
    samples: list,
  };
  writeFileSync(file, JSON.stringify(plan));
  await assert.rejects(readSweep(file, readPrompts), (error: Error) =>
    isRefusal(error, /320,000,000,000 studies \(200 of "topK" × 200 of "seed" ×/),
  );
  await refuses(plan, '320,000,000,000 studies');
  const most = { model: 'm', corpus: 'c', seed: Array.from({ length: MAX_STUDIES }, (_, i) => i) };
  assert.equal(parsePlans(most).length, MAX_STUDIES);
});

test('names that every object has are no properties of a plan', async () => {
  const good = { model: 'm', corpus: 'c' };
  for (const name of ['__proto__', 'constructor', 'toString', 'hasOwnProperty', 'valueOf']) {
    const at = (group: string) => JSON.parse(`{"${group}": {"${name}": {"topK": 1}}}`);
    await refuses({ ...JSON.parse(`{"${name}": 1}`), ...good }, `"${name}"`);
    for (const group of ['source', 'sampling', 'rule', 'columns']) {
      await refuses(
        { corpus: 'c', ...(group === 'source' ? {} : { model: 'm' }), ...at(group) },
        `"${name}"`,
      );
    }
  }
  assert.equal(({} as { topK?: unknown }).topK, undefined);
});

test('JSON that is nested deeply is a wrong value like any other', async () => {
  const depth = 200_000;
  const nested = [
    JSON.parse('['.repeat(depth) + ']'.repeat(depth)),
    JSON.parse(`${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}`),
  ];
  for (const value of nested) {
    await refuses(value, Array.isArray(value) ? 'JSON object' : '"a"');
    for (const key of [
      'model',
      'corpus',
      'columns',
      'prompts',
      'source',
      'sampling',
      'rule',
      'topK',
      'version',
    ]) {
      await refuses({ model: 'm', corpus: 'c', [key]: value }, `"${key}`);
    }
  }
});

test('wrong types, places that no system has and numbers beyond all ranges are refused by name', async () => {
  const long = 'x'.repeat(100_000);
  const cases: readonly (readonly [string, unknown])[] = [
    ...['model', 'corpus', 'prompts'].flatMap((key) =>
      ['', 'a\0b', long, 7, true, {}, [[]]].map((value) => [key, value] as const),
    ),
    ['corpus', [null]],
    ['topK', 1e308],
    ['samples', 2 ** 53],
    ['samples', '10'],
    ['minLines', 2 ** 32],
    ['temperature', 1e-320],
    ['topP', Number.MIN_VALUE * -1],
    ['seed', -0.5],
    ['int8', 'yes'],
    ['version', 3],
    ['version', '2'],
    ['version', null],
    ['$schema', 1],
    ['source', 'm'],
    ['source', { kind: 'endpoint', model: 'm' }],
    ['sampling', { prompts: [1] }],
    ['sampling', { products: 'int4' }],
    ['sampling', null],
    ['rule', []],
    ['columns', { content: long }],
  ];
  for (const [key, value] of cases) await refuses({ model: 'm', corpus: 'c', [key]: value }, `"${key}`);
  await refuses({ model: 'm', source: { model: 'n' }, corpus: 'c' }, '"model" and "source.model"');
  await refuses({ model: 'm', corpus: 'c', topK: 1, sampling: { topK: 2 } }, '"topK" and "sampling.topK"');
  await refuses({ source: { kind: 'samples' }, corpus: 'c' }, '"samples"');
  await refuses({ source: { kind: 'samples', samples: 's' }, corpus: [] }, '"corpus"');
  await refuses({ source: { kind: 'model', model: 'm', samples: 's' }, corpus: 'c' }, '"samples"');
});

test('names of the Hub that cannot be are refused by name', async () => {
  for (const model of ['hf://a/b@%zz', 'hf://a/b@\ud800', 'hf://', 'hf://../..', 'hf://a/b/../../c']) {
    await refuses({ model, corpus: 'c' }, 'no name of a Hub repository');
    await refuses({ model: 'm', corpus: [model] }, 'no name of a Hub repository');
  }
  const component = 'x'.repeat(300);
  await refuses({ model: 'm', corpus: 'c', strategy: 'pcg', prompts: component }, 'The prompts in');
});

test('only files of a plan’s size are read, and only as JSON', async () => {
  const refused = (path: string, message: RegExp) =>
    assert.rejects(readPlanFile(path, readPrompts), (error: Error) => isRefusal(error, message));
  const large = join(folder, 'large.json');
  closeSync(openSync(large, 'w'));
  truncateSync(large, 65e6); // A hole: it would take no time to write, and much memory to read.
  await refused(large, /large\.json has 65 MB, and a plan at most 64 MB/);
  await refused(folder, /cannot be read/);
  await refused(join(folder, 'none.json'), /there is no such file/);
  if (process.platform !== 'win32') {
    const pipe = join(folder, 'pipe.json');
    assert.equal(spawnSync('mkfifo', [pipe]).status, 0);
    await refused(pipe, /named pipe/);
  }
  for (const text of ['', '{', '{"model": "m", "corpus": "c",}', '\u0000', 'null', '3', '"plan"', '[]']) {
    writeFileSync(file, text);
    await refused(file, /cannot be read|JSON object/);
  }
});

test('a stored plan is whole, and of the shape of today', () => {
  const plan = modelPlan('/m', ['/c']);
  assert.deepEqual(parseStoredPlan(JSON.stringify(plan)), plan);
  const { rule: _, ...withoutRule } = plan;
  const { topK: __, ...sampling } = plan.sampling;
  const cases: readonly (readonly [unknown, string])[] = [
    ['{', 'no JSON'],
    [withoutRule, '"rule"'],
    [{ ...plan, sampling }, '"sampling.topK"'],
    [{ ...plan, sampling: { ...plan.sampling, topK: [1, 2] } }, '"sampling.topK"'],
    [{ ...plan, sampling: { ...plan.sampling, prompts: '/etc/passwd' } }, '"prompts"'],
    [{ ...plan, extra: 1 }, '"extra"'],
    [[], '"plan"'],
  ];
  for (const [value, named] of cases) {
    const text = typeof value === 'string' ? value : JSON.stringify(value);
    assert.throws(
      () => parseStoredPlan(text),
      (error: Error) => isRefusal(error, named),
    );
  }
});

/** Every value of the plan is one that its setting may have, so whoever uses it need not ask again. */
function assertInRange({ source, corpus, sampling, rule }: StudyPlan): void {
  const held = { ...sampling, ...rule } as Record<string, unknown>;
  for (const { key, field, type } of planSettings) {
    const isNothing = key === 'topP' && held[field] === null;
    assert(isNothing || isSettingValue(type, held[field]), `${key}: ${String(held[field])}`);
  }
  assert(source.kind === 'samples' || typeof source.model === 'string');
  assert(corpus.every((place) => typeof place === 'string' && place !== ''));
  assert(sampling.prompts.every((prompt) => typeof prompt === 'string'));
}

const KEYS = [
  ...['$schema', 'version', 'source', 'model', 'corpus', 'columns', 'prompts', 'sampling', 'rule', 'kind'],
  ...planSettings.flatMap(({ key, field }) => [key, field]),
  ...['__proto__', 'constructor', 'products', 'content'],
];
const scalar = fc.oneof(
  fc.constantFrom<unknown>(
    null,
    true,
    0,
    1,
    2,
    0.5,
    -1,
    1e9,
    'm',
    'npg',
    'two-step',
    'samples',
    'text-1',
    'int8',
    '',
  ),
  fc.double(),
  fc.string(),
);
const key = fc.oneof({ weight: 9, arbitrary: fc.constantFrom(...KEYS) }, fc.string());
const value = fc.letrec((tie) => ({
  any: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    scalar,
    fc.array(tie('any'), { maxLength: 4 }),
    fc.dictionary(key, tie('any'), { maxKeys: 5 }),
  ),
})).any;

test('any JSON at all is plans in range, or refused by the user’s fault', () => {
  let nPlans = 0;
  const property = (written: unknown) => {
    let parsed: ReturnType<typeof parsePlans>;
    try {
      parsed = parsePlans(JSON.parse(JSON.stringify(written) ?? 'null'));
    } catch (error) {
      assert(error instanceof UserError, (error as Error).stack);
      assert(error.message.includes('"'), `it names nothing: ${error.message}`);
      return;
    }
    nPlans += parsed.length;
    for (const { plan } of parsed) {
      assertInRange(plan);
      const again = parsePlans(JSON.parse(JSON.stringify(plan)));
      assert.deepEqual(
        again.map((one) => one.plan),
        [plan],
      );
    }
  };
  fc.assert(fc.property(value, property), { numRuns: runs(2000) });
  const likely = fc
    .dictionary(key, value, { maxKeys: 3 })
    .map((rest) => ({ ...rest, model: 'm', corpus: 'c' }));
  fc.assert(fc.property(likely, property), { numRuns: runs(3000) });
  assert(nPlans > 100, `only ${nPlans} plans came of it`);
});
