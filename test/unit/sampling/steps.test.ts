// The step form as WebGPU runs it, on a software driver: what it samples, and that a run neither waits for the
// processor nor moves its cache.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { openCheckpoint } from '../../../server/sampling/model/checkpoint.ts';
import type { PickRule } from '../../../server/sampling/pick/pick-token.ts';
import { openSampler } from '../../../server/sampling/run/open-sampler.ts';
import { inCi } from '../../support/in-ci.ts';
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

const IN_PLACE = { nSteps: 3, arithmetic: 'float32', cache: 'in-place' } as const;
const PROMPTS = [[299], [5, 6, 7], [10, 20], [299], [1, 2], [299], [30], [299]];

describe('steps on WebGPU', { skip: !hasSoftwareDriver }, () => {
  // A row is longer than one sort can take.
  const model = writeRandomCheckpoint(scratchFolder(), { config: { vocab_size: 2503 } });
  const asked: StepsAsked = {
    model,
    scratch: scratchFolder(),
    form: IN_PLACE,
    rules: RULES,
    rows: PROMPTS.map((prompt, sampleId) => ({ sampleId, prompt })),
    maxTokens: 4,
  };
  const narrow = writeRandomCheckpoint(scratchFolder(), { config: { n_head: 4, vocab_size: 2503 } });
  const rules = RULES.slice(0, 1);
  // Each takes the driver seconds of compiling: at a desk, one of those that write the cache in place.
  const more: Readonly<Record<string, StepsAsked>> = {
    // More steps than one node takes apart, and a run that ends behind the last token.
    'in long runs': { ...asked, scratch: scratchFolder(), rules, form: { ...IN_PLACE, nSteps: 9 } },
    'with heads that the runtime cannot rotate': { ...asked, scratch: scratchFolder(), rules, model: narrow },
  };
  const cases: Readonly<Record<string, StepsAsked>> = {
    'for every rule': asked,
    ...(inCi && more),
    'handing the cache on': {
      ...asked,
      scratch: scratchFolder(),
      rules,
      form: { ...IN_PLACE, cache: 'handed-on' },
    },
  };
  // All in one process: the software driver compiles each shader once a process, which takes most of the time.
  const made = Object.fromEntries(
    (hasSoftwareDriver ? makeSteps(Object.values(cases)) : []).map((one, i) => [Object.keys(cases)[i]!, one]),
  );

  for (const [name, one] of Object.entries(cases)) {
    test(`${name}: pick what the reference picks, and fetch nothing on the way`, async () => {
      for (const [i, rule] of one.rules.entries()) {
        const what = JSON.stringify(rule);
        const { tokens, logprobs, onHost, nDispatches } = made[name]![i]!;
        const reference = await sampleOnCpu(one, rule);
        assert.deepEqual(
          tokens,
          reference.map(({ tokens }) => [...tokens]),
          what,
        );
        for (const [row, { logprobs: expected }] of reference.entries()) {
          for (const [j, value] of expected.entries()) {
            assert.ok(Math.abs(logprobs[row]![j]! - value) < 1e-4, `${what}, row ${row}, token ${j}`);
          }
        }
        if (one.form.cache === 'in-place') assert.deepEqual(onHost, [], what);
        assert.ok(nDispatches > 0, 'the profile tells of dispatches');
      }
    });
  }

  test('never move the cache where it is written in place, and only there', () => {
    for (const [name, { form }] of Object.entries(cases)) {
      for (const { nCacheCopies } of made[name]!) {
        assert.equal(nCacheCopies > 0, form.cache === 'handed-on', `${name}: ${nCacheCopies} copies`);
      }
    }
  });

  // Pins why heads are rotated by nothing: without that the runtime needs more kernels a layer.
  const compares = { skip: !inCi && 'compares two forms: set CI to run it' };
  test(
    'take a fused projection apart and write the cache in one kernel where heads are rotated',
    compares,
    () => {
      const [rotated, apart] = [
        made['for every rule']![0]!,
        made['with heads that the runtime cannot rotate']![0]!,
      ];
      const nSteps = 2 * IN_PLACE.nSteps;
      assert.equal(
        (apart.nDispatches - rotated.nDispatches) % (2 * nSteps),
        0,
        'so many more for each layer and step',
      );
      assert.ok(apart.nDispatches > rotated.nDispatches);
    },
  );
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
