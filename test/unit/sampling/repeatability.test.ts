// A sample depends on the plan and the model alone: not on batch, threads, order, or what was done before.
// Sampled tokens follow the distribution that the plan asks for.

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import type { Execution, SamplingPlan } from '../../../protocol/study.ts';
import { Cancelled, UserError } from '../../../server/errors.ts';
import { defaultSampling } from '../../../server/plan/plan.ts';
import { type Checkpoint, openCheckpoint } from '../../../server/sampling/checkpoint.ts';
import { preparePlan } from '../../../server/sampling/prepare-plan.ts';
import { type GeneratedSample, sampleModel } from '../../../server/sampling/sample-model.ts';
import { writeRandomCheckpoint } from '../../support/sampling/random-checkpoint.ts';

const folder = mkdtempSync(join(tmpdir(), 'verbatim-sampling-'));
after(() => rmSync(folder, { recursive: true }));
const tiny = await openCheckpoint(writeRandomCheckpoint(join(folder, 'tiny')));
/** Wide enough that the runtime splits its products over threads and blocks. */
const wide = await openCheckpoint(
  writeRandomCheckpoint(join(folder, 'wide'), {
    config: { n_embd: 192, n_head: 3, n_layer: 2, vocab_size: 1500, bos_token_id: 1499, eos_token_id: 1499 },
  }),
);

const PLAN: SamplingPlan = {
  strategy: 'npg',
  nSamples: 70,
  maxTokens: 75,
  topK: 40,
  topP: 1,
  temperature: 1,
  seed: 5,
  prompts: [],
  int8: false,
};
const AUTO: Execution = { provider: 'auto', batch: 'auto', workers: 'auto' };

interface Run {
  readonly plan?: Partial<SamplingPlan>;
  readonly execution?: Partial<Execution>;
  readonly isDone?: (sampleId: number) => boolean;
}

async function sample(checkpoint: Checkpoint, run: Run = {}): Promise<readonly GeneratedSample[]> {
  const samples: GeneratedSample[] = [];
  const request = {
    checkpoint,
    plan: { ...PLAN, ...run.plan },
    execution: { ...AUTO, ...run.execution },
    isDone: run.isDone ?? (() => false),
    signal: new AbortController().signal,
    onEnvironment: () => {},
  };
  for await (const batch of sampleModel(request)) samples.push(...batch);
  return samples.sort((a, b) => a.sampleId - b.sampleId);
}

const PROMPTS = {
  strategy: 'pcg',
  prompts: ['a', 'the rain in spain ', 'x = (1, 2)\n'],
  maxTokens: 60,
} as const;

describe('the same samples, bit for bit', () => {
  const executions: readonly Partial<Execution>[] = [
    { batch: 1, workers: 2 },
    { batch: 16, workers: 1 },
    { batch: 64, workers: 1 },
    { batch: 33, workers: 3 },
  ];
  const models = { tiny, wide };
  const plans: Readonly<Record<string, Partial<SamplingPlan>>> = {
    'without a prompt': {},
    'in a nucleus': { topK: 0, topP: 0.8, temperature: 1.3 },
    'with decaying temperature': { strategy: 'tdg', topK: 0 },
    'after prompts of different lengths': PROMPTS,
  };
  for (const [name, checkpoint] of Object.entries(models)) {
    for (const [what, plan] of Object.entries(plans)) {
      test(`${name}, ${what}, for any batch and number of threads`, async () => {
        const expected = await sample(checkpoint, { plan });
        assert.equal(expected.length, PLAN.nSamples);
        for (const execution of executions)
          assert.deepEqual(await sample(checkpoint, { plan, execution }), expected);
      });
    }
  }

  test('when a run is resumed with some samples done', async () => {
    const expected = await sample(tiny);
    const isDone = (sampleId: number) => sampleId % 3 === 1 || sampleId < 20;
    assert.deepEqual(
      await sample(tiny, { isDone }),
      expected.filter(({ sampleId }) => !isDone(sampleId)),
    );
  });

  test('and other ones for another seed', async () => {
    const [first, second] = await Promise.all([sample(tiny), sample(tiny, { plan: { seed: 6 } })]);
    const asText = (samples: readonly GeneratedSample[]) => samples.map(({ tokens }) => tokens.join());
    assert.equal(new Set([...asText(first), ...asText(second)]).size, 2 * PLAN.nSamples);
  });
});

describe('a sample', () => {
  test('ends at the end token or at the limit, and its text leaves the end token out', async () => {
    const samples = await sample(tiny);
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
    const samples = await sample(tiny, { plan: { temperature: 0, nSamples: 3 } });
    const byTopK = await sample(tiny, { plan: { topK: 1, nSamples: 3, seed: 99 } });
    assert.deepEqual(samples, byTopK);
    assert.deepEqual(samples[0]!.tokens, samples[2]!.tokens);
  });

  test('continues the prompts in turn and does not hold them', async () => {
    const samples = await sample(tiny, { plan: { ...PROMPTS, nSamples: 7 } });
    assert.deepEqual(
      samples.map(({ promptIndex }) => promptIndex),
      [0, 1, 2, 0, 1, 2, 0],
    );
    assert.ok(samples.every(({ tokens, ended }) => ended === 'eos' || tokens.length === PROMPTS.maxTokens));
  });
});

describe('sampled tokens follow the distribution', () => {
  const N = 4000;
  const cases: Readonly<Record<string, Partial<SamplingPlan>>> = {
    'top-k 12': { topK: 12 },
    'top-k 12 at temperature 2': { topK: 12, temperature: 2 },
    'top-p 0.6': { topK: 0, topP: 0.6 },
    'top-k 30 with top-p 0.7': { topK: 30, topP: 0.7 },
    'the whole vocabulary': { topK: 0, temperature: 0.5 },
    'the first step of decaying temperature': { strategy: 'tdg', topK: 10 },
    'the same over all tokens, as published': { strategy: 'tdg', topK: 0 },
    'the whole vocabulary with top-p 0.95 at temperature 2': { topK: 0, topP: 0.95, temperature: 2 },
  };
  for (const [name, plan] of Object.entries(cases)) {
    test(name, async () => {
      const samples = await sample(tiny, { plan: { ...plan, nSamples: N, maxTokens: 1 } });
      const expected = await expectedDistribution({ ...PLAN, ...plan });
      const counts = new Map<number, number>();
      for (const { tokens } of samples) counts.set(tokens[0]!, (counts.get(tokens[0]!) ?? 0) + 1);
      for (const token of counts.keys()) assert.ok(expected.has(token), `${token} is outside the cut`);
      // Rare tokens together: the chi-square approximation wants five expected counts a bin.
      const bins: [number, number][] = [];
      let rare: [number, number] = [0, 0];
      for (const [token, probability] of expected) {
        const bin: [number, number] = [counts.get(token) ?? 0, probability * N];
        if (bin[1] >= 5) bins.push(bin);
        else rare = [rare[0] + bin[0], rare[1] + bin[1]];
      }
      if (rare[1] >= 5) bins.push(rare);
      const chiSquare = bins.reduce((sum, [seen, wanted]) => sum + (seen - wanted) ** 2 / wanted, 0);
      assert.ok(chiSquare < chiSquareLimit(bins.length - 1), `${chiSquare} over ${bins.length} bins`);
    });
  }

  /** The exact distribution of the first token, from log-probabilities that sampling itself records. */
  async function expectedDistribution(plan: SamplingPlan): Promise<ReadonlyMap<number, number>> {
    const logprob = new Map<number, number>();
    // Flat sampling meets every token; what a token is recorded with does not depend on how it was picked.
    const flat = {
      strategy: 'npg',
      topK: 0,
      topP: 1,
      temperature: 50,
      nSamples: 6000,
      maxTokens: 1,
    } as const;
    for (const { tokens, logprobs } of await sample(tiny, { plan: flat }))
      logprob.set(tokens[0]!, logprobs[0]!);
    assert.equal(logprob.size, 300);
    const total = [...logprob.values()].reduce((sum, value) => sum + Math.exp(value), 0);
    assert.ok(Math.abs(total - 1) < 1e-4, `the probabilities add up to ${total}`);
    const temperature = plan.strategy === 'tdg' ? 10 : plan.temperature;
    const sorted = [...logprob].sort((a, b) => b[1] - a[1]).slice(0, plan.topK === 0 ? 300 : plan.topK);
    const weights = normalise(sorted.map(([, value]) => Math.exp((value - sorted[0]![1]) / temperature)));
    let before = 0;
    const kept = weights.map((weight) => {
      const isKept = before < (plan.topP ?? 1);
      before += weight;
      return isKept ? weight : 0;
    });
    const probabilities = normalise(kept);
    return new Map(sorted.map(([token], i) => [token, probabilities[i]!] as const).filter(([, p]) => p > 0));
  }
});

function normalise(weights: readonly number[]): number[] {
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  return weights.map((weight) => weight / total);
}

/** The 0.999 quantile by the Wilson-Hilferty approximation. */
function chiSquareLimit(nDegrees: number): number {
  return nDegrees * (1 - 2 / (9 * nDegrees) + 3.09 * Math.sqrt(2 / (9 * nDegrees))) ** 3;
}

describe('the sampler stops', () => {
  test('within a second of being cancelled, at any time', async () => {
    for (const delayMs of [0, 30, 150, 400]) {
      const controller = new AbortController();
      let abortedAt = 0;
      setTimeout(() => {
        abortedAt = performance.now();
        controller.abort();
      }, delayMs);
      await assert.rejects(async () => {
        const plan = { ...PLAN, nSamples: 100_000 };
        const request = { checkpoint: wide, plan, execution: AUTO, isDone: () => false };
        for await (const _ of sampleModel({
          ...request,
          signal: controller.signal,
          onEnvironment: () => {},
        }));
      }, Cancelled);
      assert.ok(performance.now() - abortedAt < 1000);
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

test('prompts that leave no room for a sample are passed over, and it is said', () => {
  const prompts = ['one', 'z'.repeat(200), 'two'];
  const { promptOf, notes } = preparePlan(tiny, {
    ...defaultSampling,
    ...{ strategy: 'pcg', maxTokens: 20, prompts },
  });
  assert.deepEqual(
    [0, 1, 2, 3].map((sampleId) => promptOf(sampleId).index),
    [0, 2, 0, 2],
  );
  assert.match(notes.join(), /^1 of 3 prompts are passed over: with 20 tokens .* 96 positions/);
});

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
    test(name, () =>
      assert.rejects(sample(tiny, { plan }), (error) => {
        assert.ok(error instanceof UserError);
        assert.match(error.message, message);
        assert.ok(error.action);
        return true;
      }),
    );
  }
});
