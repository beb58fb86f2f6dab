// Decoders made from a description alone, and one of every architecture, in every graph form that runs here, against
// the same written out in plain arithmetic: what is sampled, what it is said to have cost, and what a text that is read scores.

import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import { ARCHITECTURES } from '../../../../server/sampling/decoder/architectures/index.ts';
import type { GraphForm } from '../../../../server/sampling/forms/graph-form.ts';
import type { RowRequest, RowResult } from '../../../../server/sampling/forms/rows.ts';
import { scoreBatch } from '../../../../server/sampling/forms/score/score-batch.ts';
import { type Checkpoint, openCheckpoint } from '../../../../server/sampling/model/checkpoint.ts';
import { openSampler, openTeacherForcing } from '../../../../server/sampling/run/open-sampler.ts';
import { plainLogits, plainLogprobs } from '../../../oracle/plain-decoder.ts';
import { someOf } from '../../../support/in-ci.ts';
import { makeSteps } from '../../../support/sampling/make-steps.ts';
import { PLAIN_DECODERS } from '../../../support/sampling/plain-decoders.ts';
import { readPlainWeights } from '../../../support/sampling/plain-weights.ts';
import {
  testArchitectures,
  writePlainDecoder,
  writeRandomCheckpoint,
} from '../../../support/sampling/random-checkpoint.ts';
import { TINY_CONFIGS } from '../../../support/sampling/tiny-configs.ts';
import { scratchFolder } from '../../../support/scratch.ts';
import { hasSoftwareDriver } from '../../../support/software-driver.ts';

const RULE = { topK: 40, topP: 1, greedy: false };
/** Beyond a block of the cache and a segment. */
const MAX_TOKENS = 85;
const ROWS: readonly RowRequest[] = [[299], [5, 6, 7, 8]].map((prompt, sampleId) => ({ sampleId, prompt }));
/** Steps of a run on a software driver: beyond a short window, and over several runs of two steps. */
const N_STEPS = 6;
const AT_ONCE = 8;
const SIZE = { nRows: 3, nPositions: 90 };
const FORMS: Readonly<Record<string, GraphForm>> = {
  'the loop': { kind: 'cached' },
  steps: {
    kind: 'steps',
    precision: 'float32',
    steps: { nSteps: 4, arithmetic: 'float64', cache: 'handed-on' },
    size: SIZE,
  },
};

const MODELS: Readonly<Record<string, string>> = {
  ...Object.fromEntries(
    Object.entries(PLAIN_DECODERS).map(([name, decoder]) => [
      name,
      writePlainDecoder(scratchFolder(), decoder),
    ]),
  ),
  ...Object.fromEntries(
    Object.entries(TINY_CONFIGS).map(([type, config]) => [
      type,
      writeRandomCheckpoint(scratchFolder(), { config }),
    ]),
  ),
};

/** Each decoder takes a software driver seconds of compiling: of those with a cap of scores Gemma 2 stands for all. */
const NOT_ON_WEBGPU = new Set([
  ...Object.entries(PLAIN_DECODERS).flatMap(([name, { spec }]) =>
    spec.attention.scoreCap === null ? [] : [name],
  ),
  ...Object.keys(TINY_CONFIGS).filter((type) => 'num_experts' in TINY_CONFIGS[type]!),
]);

test('there is a model of every architecture', () => {
  const types = ARCHITECTURES.flatMap(({ modelTypes }) => modelTypes);
  assert.deepEqual(types.toSorted(), Object.keys(TINY_CONFIGS).toSorted());
});

for (const [name, dir] of Object.entries(MODELS)) {
  describe(name, () => {
    let opened: ReturnType<typeof openWithReference>;
    before(() => {
      opened = openWithReference(dir);
    });

    test('every form samples the same, with the log-probabilities of the definition', async () => {
      const { checkpoint, reference } = await opened;
      assertDefined(checkpoint, reference);
      for (const [form, asked] of Object.entries(FORMS)) {
        const made = await sample(checkpoint, asked);
        assertSameSamples(made, reference, form);
      }
    });

    test('texts score as sampling recorded them, whatever stands beside them', async () => {
      const { checkpoint, reference: made } = await opened;
      const read = await openTeacherForcing(checkpoint, sessionOf(checkpoint));
      const windows = made.map(({ tokens }, text) => {
        const { prompt } = ROWS[text]!;
        return { text, start: 0, tokens: [...prompt, ...tokens], nKnown: prompt.length };
      });
      for (const batch of [windows, windows.slice(1)]) {
        for (const { text, logprobs } of await scoreBatch(read, batch)) {
          assertClose(logprobs, made[text]!.logprobs, 'score');
        }
      }
    });
  });
}

describe('steps on WebGPU', { skip: !hasSoftwareDriver }, () => {
  // A process that starts the driver once for some of them. Each decoder takes the driver seconds of compiling.
  const runnable = Object.entries(MODELS).filter(([name]) => !NOT_ON_WEBGPU.has(name));
  const all = someOf(runnable, 5);
  for (let start = 0; start < all.length; start += AT_ONCE) {
    const models = all.slice(start, start + AT_ONCE).map(([name, dir]) => ({ name, dir }));
    test(`sample the same in place, wait for nothing, and never move the cache: ${start + 1} and on`, async () => {
      const made = makeSteps(
        models.map(({ dir }) => ({
          model: dir,
          scratch: scratchFolder(),
          form: { nSteps: 2, arithmetic: 'float32', cache: 'in-place' },
          rules: [RULE],
          rows: ROWS,
          maxTokens: N_STEPS,
        })),
      );
      for (const [i, { name, dir }] of models.entries()) {
        const checkpoint = await openCheckpoint(dir, testArchitectures());
        const reference = await sample(checkpoint, FORMS['the loop']!, N_STEPS);
        const { tokens, logprobs, onHost, nCacheCopies } = made[i]![0]!;
        assert.deepEqual(
          tokens,
          reference.map(({ tokens }) => [...tokens]),
          name,
        );
        for (const [row, expected] of reference.entries())
          assertClose(logprobs[row]!, expected.logprobs, name);
        assert.deepEqual(onHost, [], name);
        assert.equal(nCacheCopies, 0, name);
      }
    });
  }
});

async function openWithReference(dir: string) {
  const checkpoint = await openCheckpoint(dir, testArchitectures());
  return { checkpoint, reference: await sample(checkpoint, FORMS['the loop']!) };
}

const sessionOf = ({ weightFolder }: Checkpoint) => ({ provider: 'cpu', nThreads: 1, weightFolder }) as const;

async function sample(
  checkpoint: Checkpoint,
  form: GraphForm,
  maxTokens = MAX_TOKENS,
): Promise<readonly RowResult[]> {
  const sampler = await openSampler(checkpoint, RULE, form, sessionOf(checkpoint));
  const schedule = { kind: 'constant', temperature: 1 } as const;
  return (await sampler({ seed: 7, maxTokens, schedule }, ROWS, () => false))!;
}

function assertDefined(checkpoint: Checkpoint, made: readonly RowResult[]): void {
  const weights = readPlainWeights(checkpoint);
  for (const [i, { tokens, logprobs }] of made.entries()) {
    const { prompt } = ROWS[i]!;
    const text = [...prompt, ...tokens];
    const expected = plainLogprobs(plainLogits(checkpoint.config, weights, text), text);
    assertClose(logprobs, expected.slice(prompt.length - 1), 'the definition');
  }
  assert.ok(
    made.some(({ tokens }) => tokens.length > 70),
    'a sample is longer than a block of the cache',
  );
}

function assertSameSamples(made: readonly RowResult[], reference: readonly RowResult[], form: string): void {
  assert.deepEqual(
    made.map(({ tokens, ended }) => [[...tokens], ended]),
    reference.map(({ tokens, ended }) => [[...tokens], ended]),
    form,
  );
  for (const [i, { logprobs }] of made.entries()) assertClose(logprobs, reference[i]!.logprobs, form);
}

function assertClose(actual: ArrayLike<number>, expected: ArrayLike<number>, what: string): void {
  assert.equal(actual.length, expected.length, what);
  for (let i = 0; i < expected.length; i++) {
    const difference = Math.abs(actual[i]! - expected[i]!);
    assert.ok(difference < 2e-4, `${what}: token ${i} is ${actual[i]} and should be ${expected[i]}`);
  }
}
