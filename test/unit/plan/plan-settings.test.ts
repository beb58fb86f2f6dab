// The table of a plan's settings against everything that follows from it.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { corpusSettings } from '../../../protocol/corpus-settings.ts';
import { describeType, isSettingValue, planSettings } from '../../../protocol/plan-settings.ts';
import { planSettingFiles } from '../../../scripts/plan-settings.mjs';
import { createProgram } from '../../../server/cli/program.ts';
import { UserError } from '../../../server/errors.ts';
import { parsePlan } from '../../../server/plan/parse-plan.ts';
import { checkSamePlan, defaultRule, defaultSampling } from '../../../server/plan/plan.ts';
import { toVersion1 } from '../../../server/plan/version-1.ts';
import { repeatCommand } from '../../../server/queries/repeat-command.ts';

const root = join(import.meta.dirname, '..', '..', '..');

test('schema, manifest and its words are what the table says now', () => {
  for (const [name, text] of planSettingFiles()) {
    assert(readFileSync(join(root, name), 'utf8') === text, `${name} is stale: run npm run docs`);
  }
});

test('every setting is an option of the commands that have its group', async () => {
  const { commands } = await createProgram();
  const optionsOf = (name: string) =>
    commands.find((command) => command.name() === name)!.options.map((option) => option.flags);
  for (const { group, cliFlag } of planSettings) {
    for (const name of group === 'rule' ? ['study', 'sample', 'scan'] : ['study', 'sample']) {
      assert(optionsOf(name).includes(cliFlag), `${name} ${cliFlag}`);
    }
  }
});

test('how a corpus is listed is an option wherever a corpus is named, and stands in plans that say so', async () => {
  const program = await createProgram();
  const index = program.commands.find((command) => command.name() === 'index')!;
  const named = [...program.commands, ...index.commands].filter(({ options }) =>
    options.some(({ flags }) => flags.startsWith('--corpus')),
  );
  assert.deepEqual(named.map((command) => command.name()).sort(), [
    'add',
    'build',
    'discover',
    'sample',
    'scan',
    'study',
  ]);
  for (const { options } of named)
    for (const { cliFlag } of corpusSettings) assert(options.some(({ flags }) => flags === cliFlag));
  const plain = parsePlan({ model: 'm', corpus: 'c' }).plan;
  assert.deepEqual(parsePlan({ model: 'm', corpus: 'c', ignore: true }).plan, plain);
  const { plan } = parsePlan({ model: 'm', corpus: 'c', ignore: false });
  assert.equal(plan.ignore, false);
  assert.deepEqual([parsePlan(plan).plan, parsePlan(toVersion1(plan)).plan], [plan, plan]);
  assert.match(repeatCommand(plan, 's').command!, / --no-ignore /);
  assert.throws(() => checkSamePlan('s', plain, plan), /another study: ignore was none, now false/);
  for (const bad of ['no', 0, null, [true, false]])
    assert.throws(() => parsePlan({ model: 'm', corpus: 'c', ignore: bad }), /"ignore".*true or false/);
});

test('what is left out has the default of the table, and every default is a value', () => {
  const { plan } = parsePlan({ model: 'm', corpus: 'c' });
  assert.deepEqual(plan.sampling, defaultSampling);
  assert.deepEqual(plan.rule, defaultRule);
  for (const { key, type, default: value, editor } of planSettings) {
    assert(isSettingValue(type, value), key);
    const own = editor !== null && 'default' in editor ? editor.default : value;
    assert(isSettingValue(type, own), `${key} in the editor`);
  }
  assert.equal(defaultSampling.topP, null, 'a nucleus of everything is none');
});

test('a value is taken in whatever way it is written, and one beyond its range in none', () => {
  for (const setting of planSettings) {
    const { key, group, field, type } = setting;
    const held = (written: object) => {
      const { plan } = parsePlan({ model: 'm', corpus: 'c', ...written });
      return ({ ...plan.sampling, ...plan.rule } as Record<string, unknown>)[field];
    };
    const good: readonly unknown[] =
      type.kind === 'choice'
        ? type.choices.map(({ value }) => value)
        : type.kind === 'flag'
          ? [true, false]
          : type.kind === 'whole'
            ? [type.least, type.most]
            : [0.5, ...('alsoAllowed' in type ? [type.alsoAllowed] : [])];
    for (const value of good) {
      assert.equal(held({ [key]: value }), value, key);
      assert.equal(held({ [group]: { [field]: value } }), value, `${group}.${field}`);
    }
    const bad: readonly unknown[] =
      type.kind === 'choice' || type.kind === 'flag'
        ? ['best', 1, null]
        : [type.least - 1, type.most + 1, Number.NaN, Number.POSITIVE_INFINITY, '1', {}];
    for (const value of bad) {
      if (isSettingValue(type, value)) continue; // One more than a temperature may have rounds to it.
      assert.throws(
        () => held({ [key]: value }),
        (error: Error) =>
          error instanceof UserError &&
          error.message.includes(`"${key}"`) &&
          error.message.includes(describeType(type)),
        `${key}: ${String(value)}`,
      );
    }
  }
});

test('strategies have long names, which are stored short', () => {
  const names = {
    'non-prompt': 'npg',
    'temperature-decaying': 'tdg',
    'prompt-conditioned': 'pcg',
    'two-step': 'tsg',
  };
  for (const [long, short] of Object.entries(names)) {
    assert.equal(parsePlan({ model: 'm', corpus: 'c', strategy: long }).plan.sampling.strategy, short);
    assert.equal(
      parsePlan({ model: 'm', corpus: 'c', sampling: { strategy: long } }).plan.sampling.strategy,
      short,
    );
  }
});
