// A sample depends on the plan and the model alone: not on batch, threads, order, or what was done before.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Execution, SamplingPlan } from '../../../protocol/study.ts';
import { defaultSampling } from '../../../server/plan/plan.ts';
import type { RowRequest, RowResult } from '../../../server/sampling/forms/rows.ts';
import { type Checkpoint, openCheckpoint } from '../../../server/sampling/model/checkpoint.ts';
import { preparePlan } from '../../../server/sampling/prepare-plan.ts';
import { openSampler } from '../../../server/sampling/run/open-sampler.ts';
import type { GeneratedSample } from '../../../server/sampling/sample-model.ts';
import { someOf } from '../../support/in-ci.ts';
import { collectSamples } from '../../support/sampling/collect-samples.ts';
import { writeRandomCheckpoint } from '../../support/sampling/random-checkpoint.ts';
import { scratchFolder } from '../../support/scratch.ts';

const tiny = await openCheckpoint(writeRandomCheckpoint(scratchFolder()));
/** Wide enough that the runtime splits its products over threads and blocks. */
const wide = await openCheckpoint(
  writeRandomCheckpoint(scratchFolder(), {
    config: { n_embd: 192, n_head: 3, n_layer: 2, vocab_size: 1500, bos_token_id: 1499, eos_token_id: 1499 },
  }),
);
const MODELS = { tiny, wide };

/** Beyond a block of the cache, 64 positions, and into a second segment behind it. */
const PLAN: SamplingPlan = { ...defaultSampling, nSamples: 34, maxTokens: 82, seed: 5 };
const PROMPTS = {
  strategy: 'pcg',
  prompts: ['a', 'the rain in spain ', 'x = (1, 2)\n'],
  maxTokens: 65,
} as const;
const PLANS: Readonly<Record<string, Partial<SamplingPlan>>> = {
  // A whole batch, at the size that it has where nobody chooses.
  'without a prompt': { nSamples: 64 },
  'in a nucleus': { topK: 0, topP: 0.8, temperature: 1.3 },
  'with decaying temperature': { strategy: 'tdg', topK: 0 },
  'after prompts of different lengths': PROMPTS,
};

describe('the same samples, bit for bit', () => {
  for (const [name, checkpoint] of Object.entries(MODELS)) {
    for (const [what, changes] of name === 'tiny'
      ? Object.entries(PLANS)
      : someOf(Object.entries(PLANS), 2)) {
      test(`${name}, ${what}, in batches of any size and for any number of threads`, async () => {
        const plan = { ...PLAN, ...changes };
        const inOrder = await openInThreads(checkpoint, plan, 1);
        const expected = await inOrder(plan.nSamples);
        assert.equal(expected.length, plan.nSamples);
        assert.deepEqual(await inOrder(33), expected);
        const inTwo = await openInThreads(checkpoint, plan, 2);
        assert.deepEqual(await inTwo(16), expected);
        assert.deepEqual(await inTwo(1, 6), expected.slice(0, 6));
      });
    }
  }

  const executions: readonly Partial<Execution>[] = [
    { batch: 1, workers: 2 },
    { batch: 34, workers: 1 },
    { batch: 13, workers: 3 },
  ];
  for (const [name, checkpoint] of Object.entries(MODELS)) {
    test(`${name}, for any number of workers that share the batches out`, async () => {
      const plan = { ...PLAN, ...PROMPTS };
      const expected = await collectSamples(checkpoint, { plan });
      assert.equal(expected.length, plan.nSamples);
      for (const execution of executions)
        assert.deepEqual(await collectSamples(checkpoint, { plan, execution }), expected);
    });
  }

  test('when a run is resumed with some samples done', async () => {
    const expected = await collectSamples(tiny, { plan: PLAN });
    const isDone = (sampleId: number) => sampleId % 3 === 1 || sampleId < 20;
    assert.deepEqual(
      await collectSamples(tiny, { plan: PLAN, isDone }),
      expected.filter(({ sampleId }) => !isDone(sampleId)),
    );
  });

  test('and other ones for another seed', async () => {
    const first = await collectSamples(tiny, { plan: PLAN });
    const second = await collectSamples(tiny, { plan: { ...PLAN, seed: 6 } });
    const asText = (samples: readonly GeneratedSample[]) => samples.map(({ tokens }) => tokens.join());
    assert.equal(new Set([...asText(first), ...asText(second)]).size, 2 * PLAN.nSamples);
  });
});

/** The plan's first samples, made here in batches of a size, by one session. */
async function openInThreads(checkpoint: Checkpoint, plan: SamplingPlan, nThreads: number) {
  const { rule, schedule, promptOf } = await preparePlan(checkpoint, plan);
  const { weightFolder } = checkpoint;
  const session = { provider: 'cpu', nThreads, weightFolder } as const;
  const sample = await openSampler(checkpoint, rule, { kind: 'cached' }, session);
  return async (batch: number, nSamples = plan.nSamples): Promise<readonly RowResult[]> => {
    const rows = Array.from(
      { length: nSamples },
      (_, sampleId): RowRequest => ({ sampleId, prompt: promptOf(sampleId).tokens }),
    );
    const results: RowResult[] = [];
    for (let start = 0; start < rows.length; start += batch) {
      const made = await sample({ ...plan, schedule }, rows.slice(start, start + batch), () => false);
      results.push(...made!);
    }
    return results;
  };
}
