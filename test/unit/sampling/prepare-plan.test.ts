// A plan against a model: prompts that do not fit are passed over, and what cannot be done is refused by name.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { SamplingPlan } from '../../../protocol/study.ts';
import { UserError } from '../../../server/errors.ts';
import { defaultSampling } from '../../../server/plan/plan.ts';
import { openCheckpoint } from '../../../server/sampling/checkpoint.ts';
import { preparePlan } from '../../../server/sampling/prepare-plan.ts';
import { writeRandomCheckpoint } from '../../support/sampling/random-checkpoint.ts';
import { scratchFolder } from '../../support/scratch.ts';

const tiny = await openCheckpoint(writeRandomCheckpoint(scratchFolder()));
const PLAN: SamplingPlan = { ...defaultSampling, maxTokens: 75 };

test('prompts that leave no room for a sample are passed over, and it is said', async () => {
  const prompts = ['one', 'z'.repeat(200), 'two'];
  const { promptOf, notes } = await preparePlan(tiny, {
    ...defaultSampling,
    ...{ strategy: 'pcg', maxTokens: 20, prompts },
  });
  assert.deepEqual(
    [0, 1, 2, 3].map((sampleId) => promptOf(sampleId).index),
    [0, 2, 0, 2],
  );
  assert.match(notes.join(), /^1 of 3 prompts are passed over: with 20 tokens .* 96 positions/);
});

describe('a gap between a prefix and a suffix', () => {
  const prompts = [{ prefix: 'def f(', suffix: '):' }, 'q#z'];
  const asked = { ...defaultSampling, ...({ strategy: 'pcg', maxTokens: 20, prompts } as const) };

  test('is put between the tokens that the tokenizer has for that', async () => {
    const names = ['<fim_prefix>', '<fim_suffix>', '<fim_middle>'];
    const json = { ...tiny.tokenizer.json, added_tokens: [...tiny.tokenizer.json.added_tokens!] };
    for (const [i, content] of names.entries())
      json.added_tokens.push({ id: 290 + i, content, special: true });
    const taught = { ...tiny, tokenizer: { ...tiny.tokenizer, json } };
    const { promptOf } = await preparePlan(taught, asked);
    const ids = (text: string) => Array.from(text, (character) => tokenOf(character));
    assert.deepEqual(promptOf(0).tokens, [290, ...ids('def f('), 291, ...ids('):'), 292]);
    assert.deepEqual(promptOf(1).tokens, ids('q#z'));
  });

  test('is refused without such tokens', () =>
    assert.rejects(preparePlan(tiny, asked), /has no tokens for filling a gap/));
});

const tokenOf = (character: string) =>
  tiny.tokenBytes.findIndex((bytes) => Buffer.from(bytes).toString() === character);

describe('a plan that cannot be done is refused', () => {
  const cases: Readonly<Record<string, readonly [Partial<SamplingPlan>, RegExp]>> = {
    'longer than the context': [{ maxTokens: 97 }, /96 positions/],
    'all prompts longer than the context': [
      { strategy: 'pcg', prompts: ['z'.repeat(200), 'z'.repeat(150)] },
      /The shortest prompt has 150/,
    ],
    'prompt and sample together too long': [{ strategy: 'tsg', prompts: ['z'.repeat(30)] }, /together/],
    'no prompts': [{ strategy: 'pcg' }, /needs prompts/],
    'a temperature with a schedule': [{ strategy: 'tdg', temperature: 2 }, /schedule/],
    'a negative temperature': [{ temperature: -1 }, /temperature/],
    'top-p of 0': [{ topP: 0 }, /top-p/],
    'half a top-k': [{ topK: 0.5 }, /top-k/],
    'no tokens': [{ maxTokens: 0 }, /max-tokens/],
  };
  for (const [name, [plan, message]] of Object.entries(cases)) {
    test(name, async () => {
      await assert.rejects(preparePlan(tiny, { ...PLAN, ...plan }), (error) => {
        assert.ok(error instanceof UserError);
        assert.match(error.message, message);
        assert.ok(error.action);
        return true;
      });
    });
  }
});
