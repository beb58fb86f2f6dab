// A plan against a model: prompts that do not fit are passed over, and what cannot be done is refused by name.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { SamplingPlan } from '../../../protocol/study.ts';
import { UserError } from '../../../server/errors.ts';
import { defaultSampling } from '../../../server/plan/plan.ts';
import { openCheckpoint } from '../../../server/sampling/model/checkpoint.ts';
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

  const ids = (text: string) => Array.from(text, (character) => tokenOf(character));
  const teach = (names: readonly string[], changes: object = {}) => {
    const json = { ...tiny.tokenizer.json, ...changes };
    const added = names.map((content, i) => ({ id: 280 + i, content, special: true }));
    const tokenizer = {
      ...tiny.tokenizer,
      json: { ...json, added_tokens: [...json.added_tokens!, ...added] },
    };
    return { ...tiny, tokenizer };
  };

  // Each format as its authors give it, in the numbers of its tokens, and those that end a middle.
  const formats: Readonly<
    Record<string, readonly [string, readonly (number | string)[], readonly number[]]>
  > = {
    StarCoder: ['<fim_prefix> <fim_suffix> <fim_middle>', [280, 'def f(', 281, '):', 282], []],
    SantaCoder: ['<fim-middle> <fim-suffix> <fim-prefix>', [282, 'def f(', 281, '):', 280], []],
    Qwen: [
      '<|fim_prefix|> <|fim_middle|> <|fim_suffix|> <|fim_pad|> <|repo_name|> <|file_sep|>',
      [280, 'def f(', 282, '):', 281],
      [283, 285, 284],
    ],
    CodeGemma: [
      '<|fim_prefix|> <|fim_middle|> <|fim_suffix|> <|file_separator|>',
      [280, 'def f(', 282, '):', 281],
      [283],
    ],
    DeepSeek: ['<｜fim▁hole｜> <｜fim▁begin｜> <｜fim▁end｜>', [281, 'def f(', 280, '):', 282], []],
    InCoder: ['<|mask:0|> <|mask:1|> <|endofmask|>', ['def f(', 280, '):', 281, 280], [282]],
    'Seed-Coder': ['<[fim-suffix]> <[fim-prefix]> <[fim-middle]>', [280, '):', 281, 'def f(', 282], []],
    Codestral: ['[PREFIX] [MIDDLE] [SUFFIX]', [282, '):', 280, 'def f('], []],
  };
  for (const [name, [tokens, expected, ends]] of Object.entries(formats)) {
    test(`is put between the tokens that ${name}'s tokenizer has for that`, async () => {
      const { promptOf, eosTokens } = await preparePlan(teach(tokens.split(' ')), asked);
      const inIds = expected.flatMap((part) => (typeof part === 'number' ? part : ids(part)));
      assert.deepEqual(promptOf(0).tokens, inIds);
      assert.deepEqual(promptOf(1).tokens, ids('q#z'));
      assert.deepEqual(eosTokens, [299, ...ends]);
    });
  }

  test('begins with the space that Code Llama puts before a text, and goes on behind it without', async () => {
    const words = ['▁', ...new Set('def f():q#z'.replaceAll(' ', ''))];
    const vocab = Object.fromEntries(words.map((word, id) => [word, id] as const));
    const spaced = {
      model: { type: 'BPE', vocab, merges: [], byte_fallback: true },
      added_tokens: [],
      normalizer: {
        type: 'Sequence',
        normalizers: [
          { type: 'Prepend', prepend: '▁' },
          { type: 'Replace', pattern: { String: ' ' }, content: '▁' },
        ],
      },
      pre_tokenizer: null,
    };
    const model = teach(['▁<PRE>', '▁<MID>', '▁<SUF>', '▁<EOT>'], spaced);
    const { promptOf, eosTokens } = await preparePlan(model, asked);
    const of = (text: string) => Array.from(text, (character) => vocab[character]!);
    assert.deepEqual(promptOf(0).tokens, [280, ...of('▁def▁f('), 282, ...of('):'), 281]);
    assert.deepEqual(promptOf(1).tokens, of('▁q#z'));
    assert.deepEqual(eosTokens, [299, 283]);
  });

  test('changes nothing of what ends a sample where there is none', async () => {
    const plain = { ...asked, prompts: ['q#z'] };
    assert.deepEqual((await preparePlan(teach(['▁<EOT>']), plain)).eosTokens, [299]);
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
