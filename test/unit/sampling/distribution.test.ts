// Sampled tokens follow the distribution that the plan asks for.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { SamplingPlan } from '../../../protocol/study.ts';
import { defaultSampling } from '../../../server/plan/plan.ts';
import { type Checkpoint, openCheckpoint } from '../../../server/sampling/model/checkpoint.ts';
import { collectSamples } from '../../support/sampling/collect-samples.ts';
import { writeRandomCheckpoint } from '../../support/sampling/random-checkpoint.ts';
import { scratchFolder } from '../../support/scratch.ts';

const PLAN: SamplingPlan = { ...defaultSampling, seed: 5, maxTokens: 1 };
const alone = await model({}, PLAN);
/** Two key heads under four, over the positions of a prompt. */
const grouped = await model(
  { model_type: 'llama' },
  { ...PLAN, strategy: 'pcg', prompts: ['the rain in spain '] },
);

describe('sampled tokens follow the distribution', () => {
  const N = 4000;
  const cases: Readonly<Record<string, Partial<SamplingPlan> & { readonly of?: SampledModel }>> = {
    'top-k 12': { topK: 12 },
    'top-k 12 at temperature 2': { topK: 12, temperature: 2 },
    'top-p 0.6': { topK: 0, topP: 0.6 },
    'top-k 30 with top-p 0.7': { topK: 30, topP: 0.7 },
    'the whole vocabulary': { topK: 0, temperature: 0.5 },
    'the first step of decaying temperature': { strategy: 'tdg', topK: 10 },
    'the same over all tokens, as published': { strategy: 'tdg', topK: 0 },
    'the whole vocabulary with top-p 0.95 at temperature 2': { topK: 0, topP: 0.95, temperature: 2 },
    'queries that share key heads': { topK: 40, of: grouped },
  };
  for (const [name, { of: sampled = alone, ...change }] of Object.entries(cases)) {
    test(name, async () => {
      const plan = { ...sampled.plan, ...change };
      const samples = await collectSamples(sampled.checkpoint, { plan: { ...plan, nSamples: N } });
      const expected = expectedDistribution(plan, sampled.logprobOf);
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

  /** The exact distribution of the first token. */
  function expectedDistribution(
    plan: SamplingPlan,
    logprobOf: ReadonlyMap<number, number>,
  ): ReadonlyMap<number, number> {
    const temperature = plan.strategy === 'tdg' ? 10 : plan.temperature;
    const sorted = [...logprobOf].sort((a, b) => b[1] - a[1]).slice(0, plan.topK === 0 ? 300 : plan.topK);
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

interface SampledModel {
  readonly checkpoint: Checkpoint;
  readonly plan: SamplingPlan;
  readonly logprobOf: ReadonlyMap<number, number>;
}

async function model(config: object, plan: SamplingPlan): Promise<SampledModel> {
  const checkpoint = await openCheckpoint(writeRandomCheckpoint(scratchFolder(), { config: { ...config } }));
  return { checkpoint, plan, logprobOf: await readLogprobs(checkpoint, plan) };
}

/** The first token's log-probabilities as sampling itself records them, each token's once. */
async function readLogprobs(
  checkpoint: Checkpoint,
  plan: SamplingPlan,
): Promise<ReadonlyMap<number, number>> {
  // Flat sampling meets every token; what a token is recorded with does not depend on how it was picked.
  const flat = { ...plan, topK: 0, temperature: 50, nSamples: 6000 };
  const logprobs = new Map<number, number>();
  for (const sample of await collectSamples(checkpoint, { plan: flat }))
    logprobs.set(sample.tokens[0]!, sample.logprobs[0]!);
  assert.equal(logprobs.size, 300);
  const total = [...logprobs.values()].reduce((sum, value) => sum + Math.exp(value), 0);
  assert.ok(Math.abs(total - 1) < 1e-4, `the probabilities add up to ${total}`);
  return logprobs;
}

function normalise(weights: readonly number[]): number[] {
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  return weights.map((weight) => weight / total);
}

/** The 0.999 quantile by the Wilson-Hilferty approximation. */
function chiSquareLimit(nDegrees: number): number {
  return nDegrees * (1 - 2 / (9 * nDegrees) + 3.09 * Math.sqrt(2 / (9 * nDegrees))) ** 3;
}
