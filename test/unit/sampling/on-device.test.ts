// The graph forms made for graphics processors, on the CPU: what they share with the reference form must
// give the reference's samples, and every run must have the same size whatever is in it.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { UserError } from '../../../server/errors.ts';
import type { RunSize } from '../../../server/sampling/forms/device/device-form.ts';
import type { GraphForm } from '../../../server/sampling/forms/graph-form.ts';
import type { StepForm } from '../../../server/sampling/forms/in-place/step-graph.ts';
import type { RowRequest, RowResult } from '../../../server/sampling/forms/rows.ts';
import { type Checkpoint, openCheckpoint } from '../../../server/sampling/model/checkpoint.ts';
import type { PickRule } from '../../../server/sampling/pick/pick-token.ts';
import type { Schedule } from '../../../server/sampling/pick/schedule.ts';
import { openSampler } from '../../../server/sampling/run/open-sampler.ts';
import { writeRandomCheckpoint } from '../../support/sampling/random-checkpoint.ts';
import { dimsOf, watchRuns } from '../../support/sampling/watch-sessions.ts';
import { scratchFolder } from '../../support/scratch.ts';

const STEPS: StepForm = { nSteps: 3, arithmetic: 'float32', cache: 'handed-on' };
/** More positions than the longest of the rows needs. */
const SIZE: RunSize = { nRows: 8, nPositions: 45 };
/** Refused before anything of CUDA is looked for. */
const CUDA_FORM: GraphForm = { kind: 'cuda', precision: 'float16', size: SIZE };
const STEP_FORM: GraphForm = { kind: 'steps', precision: 'float32', steps: STEPS, size: SIZE };
const CONSTANT: Schedule = { kind: 'constant', temperature: 1 };
const PROMPTS = [[299], [5, 6, 7], [10, 20], [299], [1, 2, 3, 4, 5, 6]];
const rows: readonly RowRequest[] = PROMPTS.map((prompt, sampleId) => ({ sampleId, prompt }));

const CASES: readonly {
  readonly name: string;
  readonly rule: PickRule;
  readonly schedule?: Schedule;
  readonly config?: object;
}[] = [
  { name: 'top-k', rule: { topK: 40, topP: 1, greedy: false } },
  { name: 'top-p within top-k', rule: { topK: 40, topP: 0.8, greedy: false } },
  { name: 'top-p alone', rule: { topK: 0, topP: 0.9, greedy: false } },
  { name: 'greedy', rule: { topK: 40, topP: 1, greedy: true } },
  {
    name: 'top-k of a vocabulary worth folding',
    rule: { topK: 40, topP: 1, greedy: false },
    config: { vocab_size: 9001 },
  },
  { name: 'decaying', rule: { topK: 0, topP: 1, greedy: false }, schedule: { kind: 'decaying' } },
];

describe('steps for devices', () => {
  for (const { name, rule, schedule = CONSTANT, config = {} } of CASES) {
    test(`picks what the reference picks: ${name}`, async () => {
      const { reference, stepped } = await sampleAll(rule, schedule, config);
      assertSame(stepped, reference);
    });
  }
});

async function sampleAll(rule: PickRule, schedule: Schedule, config: object) {
  const checkpoint = await openCheckpoint(writeRandomCheckpoint(scratchFolder(), { config: { ...config } }));
  const settings = { seed: 7, maxTokens: 30, schedule };
  const sample = async (form: GraphForm) => {
    const sampler = await openSampler(checkpoint, rule, form, sessionOf(checkpoint));
    return (await sampler(settings, rows, () => false))!;
  };
  return {
    reference: await sample({ kind: 'cached' }),
    stepped: await sample(STEP_FORM),
  };
}

const sessionOf = ({ weightFolder }: Checkpoint) => ({ provider: 'cpu', nThreads: 1, weightFolder }) as const;

test('neither a cache nor a run is longer or shorter for what is beside a sample', async () => {
  const rule: PickRule = { topK: 40, topP: 1, greedy: false };
  const checkpoint = await openCheckpoint(writeRandomCheckpoint(scratchFolder()));
  const settings = { seed: 7, maxTokens: 4, schedule: CONSTANT };
  const feed = async (form: GraphForm) => {
    const open = () => openSampler(checkpoint, rule, form, sessionOf(checkpoint));
    const { value: sample, fed } = await watchRuns(open);
    for (const batch of [rows.slice(0, 1), rows]) await sample(settings, batch, () => false);
    return fed;
  };
  assert.deepEqual([...new Set(dimsOf(await feed(STEP_FORM), 'past.0.key'))], ['8,2,45,16']);
});

test('8-bit products are refused by name', async () => {
  const checkpoint = await openCheckpoint(writeRandomCheckpoint(scratchFolder()));
  const model = { ...checkpoint, int8: { file: '', byName: new Map() } };
  for (const form of [STEP_FORM, CUDA_FORM]) {
    await assert.rejects(openSampler(model, CASES[0]!.rule, form, sessionOf(checkpoint)), (error) => {
      assert.ok(error instanceof UserError && error.action);
      assert.match(error.message, /8-bit products have no form for graphics processors/);
      return true;
    });
  }
});

type Results = readonly RowResult[];

function assertSame(actual: Results, reference: Results): void {
  assert.deepEqual(
    actual.map(({ sampleId, tokens, ended }) => ({ sampleId, tokens: [...tokens], ended })),
    reference.map(({ sampleId, tokens, ended }) => ({ sampleId, tokens: [...tokens], ended })),
  );
  for (const [i, { logprobs }] of actual.entries()) {
    for (const [j, value] of logprobs.entries()) {
      assert.ok(Math.abs(value - reference[i]!.logprobs[j]!) < 1e-4, `row ${i}, token ${j}`);
    }
  }
}
