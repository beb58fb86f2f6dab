// What a sample is, and when the sampler stops.

import assert from 'node:assert/strict';
import { copyFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import type { Execution, SamplingPlan } from '../../../protocol/study.ts';
import { Cancelled } from '../../../server/errors.ts';
import { defaultSampling } from '../../../server/plan/plan.ts';
import { openCheckpoint } from '../../../server/sampling/model/checkpoint.ts';
import { sampleModel } from '../../../server/sampling/sample-model.ts';
import { collectSamples } from '../../support/sampling/collect-samples.ts';
import { writeRandomCheckpoint } from '../../support/sampling/random-checkpoint.ts';
import { scratchFolder } from '../../support/scratch.ts';

const tiny = await openCheckpoint(writeRandomCheckpoint(scratchFolder()));
const PLAN: SamplingPlan = { ...defaultSampling, nSamples: 70, maxTokens: 75, seed: 5 };
const AUTO: Execution = { provider: 'auto', batch: 'auto', workers: 'auto' };

const PROMPTS = {
  strategy: 'pcg',
  prompts: ['a', 'the rain in spain ', 'x = (1, 2)\n'],
  maxTokens: 60,
} as const;

describe('a sample', () => {
  test('ends at the end token or at the limit, and its text leaves the end token out', async () => {
    const samples = await collectSamples(tiny, { plan: PLAN });
    const kinds = new Set(samples.map(({ ended }) => ended));
    assert.deepEqual([...kinds].sort(), ['eos', 'length']);
    for (const { tokens, logprobs, ended, text } of samples) {
      assert.equal(tokens.length, logprobs.length);
      assert.equal(tokens.indexOf(299), ended === 'eos' ? tokens.length - 1 : -1);
      if (ended === 'length') assert.equal(tokens.length, PLAN.maxTokens);
      const bytes = [...tokens].filter((token) => token !== 299).map((token) => tiny.tokenBytes[token]!);
      assert.deepEqual(Buffer.from(text), Buffer.concat(bytes));
    }
  });

  test('at temperature 0 is the most likely continuation, the same for all', async () => {
    const samples = await collectSamples(tiny, { plan: { ...PLAN, temperature: 0, nSamples: 3 } });
    const byTopK = await collectSamples(tiny, { plan: { ...PLAN, topK: 1, nSamples: 3, seed: 99 } });
    assert.deepEqual(samples, byTopK);
    assert.deepEqual(samples[0]!.tokens, samples[2]!.tokens);
  });

  test('continues the prompts in turn and does not hold them', async () => {
    const samples = await collectSamples(tiny, { plan: { ...PLAN, ...PROMPTS, nSamples: 7 } });
    assert.deepEqual(
      samples.map(({ promptIndex }) => promptIndex),
      [0, 1, 2, 0, 1, 2, 0],
    );
    assert.ok(samples.every(({ tokens, ended }) => ended === 'eos' || tokens.length === PROMPTS.maxTokens));
  });
});

test('rows of the vocabulary behind the tokenizer can be sampled, and are nothing of the text', async () => {
  const few = join(writeRandomCheckpoint(scratchFolder()), 'tokenizer.json');
  const dir = writeRandomCheckpoint(scratchFolder(), { config: { vocab_size: 400 } });
  copyFileSync(few, join(dir, 'tokenizer.json'));
  const spare = await openCheckpoint(dir);
  const plan = { ...PLAN, nSamples: 4, topK: 0, temperature: 3 };
  const samples = await collectSamples(spare, { plan });
  assert.ok(samples.some(({ tokens }) => tokens.some((token) => token >= 300)));
  for (const { tokens, text } of samples) {
    const bytes = [...tokens].filter((token) => token < 299).map((token) => tiny.tokenBytes[token]!);
    assert.deepEqual(Buffer.from(text), Buffer.concat(bytes));
  }
});

test('what fills a gap ends where the tokenizer has a token for that', async () => {
  const taught = (names: Readonly<Record<string, number>>) => {
    const { json } = tiny.tokenizer;
    const added = Object.entries(names).map(([content, id]) => ({ content, id, special: true }));
    return {
      ...tiny,
      tokenizer: { ...tiny.tokenizer, json: { ...json, added_tokens: [...json.added_tokens!, ...added] } },
    };
  };
  const gap = { prefix: 'def f(', suffix: '):' };
  const plan = { ...PLAN, strategy: 'pcg', prompts: [gap], temperature: 0, nSamples: 1 } as const;
  const names = { '<|fim_prefix|>': 290, '<|fim_suffix|>': 291, '<|fim_middle|>': 292 };
  const [whole] = await collectSamples(taught(names), { plan });
  const end = whole!.tokens.at(-1)!;
  const [ended] = await collectSamples(taught({ ...names, '<|fim_pad|>': end }), { plan });
  const nBefore = whole!.tokens.indexOf(end);
  assert.ok(nBefore < whole!.tokens.length - 1 || whole!.ended === 'length');
  assert.deepEqual([...ended!.tokens], [...whole!.tokens.subarray(0, nBefore + 1)]);
  assert.equal(ended!.ended, 'eos');
});

describe('the sampler stops', () => {
  // What is left would take minutes.
  test('when it is cancelled, at any time', async () => {
    const plan = { ...PLAN, nSamples: 100_000 };
    for (const delayMs of [0, 30, 150, 400]) {
      const request = {
        checkpoint: tiny,
        plan,
        execution: AUTO,
        isDone: () => false,
        onEnvironment: () => {},
      };
      await assert.rejects(async () => {
        for await (const _ of sampleModel({ ...request, signal: AbortSignal.timeout(delayMs) }));
      }, Cancelled);
    }
  });

  test('when its consumer does, however many samples are still to be made', async () => {
    const plan = { ...PLAN, nSamples: 400_000 };
    const execution: Execution = { ...AUTO, provider: 'cpu', batch: 8 };
    const request = { checkpoint: tiny, plan, execution, isDone: () => false };
    const signal = new AbortController().signal;
    for await (const batch of sampleModel({ ...request, signal, onEnvironment: () => {} })) {
      assert.equal(batch.length, 8);
      break;
    }
  });
});
