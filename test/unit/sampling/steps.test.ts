// The step form as WebGPU runs it, on a software driver: what it samples, and that a run neither waits for the
// processor nor moves its cache.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { openCheckpoint } from '../../../server/sampling/checkpoint.ts';
import type { PickRule } from '../../../server/sampling/pick/pick-token.ts';
import { openSampler } from '../../../server/sampling/run/open-sampler.ts';
import { makeSteps } from '../../support/sampling/make-steps.ts';
import { writeRandomCheckpoint } from '../../support/sampling/random-checkpoint.ts';
import type { StepsAsked } from '../../support/sampling/steps-child.ts';
import { scratchFolder } from '../../support/scratch.ts';
import { hasSoftwareDriver } from '../../support/software-driver.ts';

const RULES: readonly PickRule[] = [
  { topK: 40, topP: 1, greedy: false },
  { topK: 40, topP: 0.8, greedy: false },
  { topK: 40, topP: 1, greedy: true },
  { topK: 0, topP: 1, greedy: false },
  { topK: 0, topP: 0.9, greedy: false },
];

describe('steps on WebGPU', { skip: !hasSoftwareDriver }, () => {
  // More than one sort finds the highest of.
  const model = writeRandomCheckpoint(scratchFolder(), { config: { vocab_size: 2503 } });
  const asked: StepsAsked = {
    model,
    scratch: scratchFolder(),
    // More steps than one node takes apart, and a last run that ends behind the last token.
    form: { nSteps: 9, arithmetic: 'float32', cache: 'in-place' },
    rules: RULES,
    rows: [[299], [5, 6, 7], [10, 20]].map((prompt, sampleId) => ({ sampleId, prompt })),
    maxTokens: 9,
  };

  test('pick what the reference picks, fetch nothing on the way, and never move the cache', async () => {
    const made = makeSteps([asked])[0]!;
    for (const [i, rule] of RULES.entries()) {
      const name = JSON.stringify(rule);
      const reference = await sampleOnCpu(asked, rule);
      const { tokens, logprobs, onHost, nCacheCopies, nDispatches } = made[i]!;
      assert.deepEqual(
        tokens,
        reference.map(({ tokens }) => [...tokens]),
        name,
      );
      for (const [row, { logprobs: expected }] of reference.entries()) {
        for (const [j, value] of expected.entries()) {
          assert.ok(Math.abs(logprobs[row]![j]! - value) < 1e-4, `${name}, row ${row}, token ${j}`);
        }
      }
      assert.deepEqual(onHost, [], name);
      assert.equal(nCacheCopies, 0, name);
      assert.ok(nDispatches > 0, 'the profile tells of dispatches');
    }
  });

  test('do so with heads that the runtime cannot rotate', async () => {
    const narrow = writeRandomCheckpoint(scratchFolder(), { config: { n_head: 4 } });
    const rules = RULES.slice(0, 1);
    const [made] = makeSteps([{ ...asked, model: narrow, scratch: scratchFolder(), rules }])[0]!;
    const reference = await sampleOnCpu({ ...asked, model: narrow }, rules[0]!);
    assert.deepEqual(
      made!.tokens,
      reference.map(({ tokens }) => [...tokens]),
    );
    assert.equal(made!.nCacheCopies, 0);
  });

  test('copy the cache where it is handed on: what the profile counts is there to be counted', () => {
    const [made] = makeSteps([
      {
        ...asked,
        scratch: scratchFolder(),
        form: { nSteps: 3, arithmetic: 'float32', cache: 'handed-on' },
        rules: RULES.slice(0, 1),
      },
    ])[0]!;
    assert.ok(made!.nCacheCopies > 0);
  });
});

async function sampleOnCpu({ model, rows, maxTokens }: StepsAsked, rule: PickRule) {
  const checkpoint = await openCheckpoint(model);
  const { weightFolder } = checkpoint;
  const session = { provider: 'cpu', nThreads: 1, weightFolder } as const;
  const sample = await openSampler(checkpoint, rule, { kind: 'cached' }, session);
  const schedule = { kind: 'constant', temperature: 1 } as const;
  const results = await sample({ seed: 7, maxTokens, schedule }, rows, () => false);
  return results!;
}
