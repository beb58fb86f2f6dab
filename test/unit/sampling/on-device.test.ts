// The graph forms made for graphics processors, on the CPU: what they share with the reference form must
// give the reference's samples, and every run must have the same size whatever is in it.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { InferenceSession, Tensor } from 'onnxruntime-node';
import { openCheckpoint } from '../../../server/sampling/checkpoint.ts';
import { generateBatch, type RowRequest } from '../../../server/sampling/forms/cached/generate-batch.ts';
import { buildGenerationGraph } from '../../../server/sampling/forms/cached/generation-graph.ts';
import type { RunSize } from '../../../server/sampling/forms/device/device-form.ts';
import { generateBySteps } from '../../../server/sampling/forms/in-place/generate-by-steps.ts';
import {
  buildEmptyCache,
  buildStepGraph,
  type StepForm,
} from '../../../server/sampling/forms/in-place/step-graph.ts';
import { generateOnDevice } from '../../../server/sampling/forms/paged/generate-on-device.ts';
import { buildPagedLoop, type PagedLoopForm } from '../../../server/sampling/forms/paged/paged-loop-graph.ts';
import { openSession } from '../../../server/sampling/onnx/session.ts';
import type { PickRule } from '../../../server/sampling/pick/pick-token.ts';
import type { Schedule } from '../../../server/sampling/pick/schedule.ts';
import { writeRandomCheckpoint } from '../../support/sampling/random-checkpoint.ts';
import { scratchFolder } from '../../support/scratch.ts';

const GROUPED: PagedLoopForm = {
  attention: 'grouped',
  pageSize: 256,
  unroll: 4,
  arithmetic: 'float64',
};
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

describe('the loop for devices', () => {
  for (const { name, rule, schedule = CONSTANT, config = {} } of CASES) {
    test(`picks what the reference picks: ${name}`, async () => {
      const { reference, looped, stepped } = await sampleAll(rule, schedule, config);
      assertSame(looped, reference);
      assertSame(stepped, reference);
    });
  }
});

/** More positions than the longest of the rows needs. */
const SIZE: RunSize = { nRows: 8, nPositions: 45 };
const STEPS: StepForm = { nSteps: 3, arithmetic: 'float32', cache: 'handed-on' };

async function sampleAll(rule: PickRule, schedule: Schedule, config: object) {
  const checkpoint = await openCheckpoint(writeRandomCheckpoint(scratchFolder(), { config: { ...config } }));
  const settings = { config: checkpoint.config, seed: 7, maxTokens: 30, schedule };
  const session = { provider: 'cpu', nThreads: 1, weightFolder: checkpoint.weightFolder } as const;
  const loop = await openSession(buildGenerationGraph(checkpoint, rule), session);
  const reference = await generateBatch(loop, settings, rows, () => false);
  const device = await openSession(buildPagedLoop(checkpoint, rule, GROUPED), session);
  const looped = await generateOnDevice(device, GROUPED, settings, rows, SIZE);
  const sessions = {
    steps: await openSession(buildStepGraph(checkpoint, rule, STEPS), session),
    emptyCache: await openSession(buildEmptyCache(checkpoint), session),
  };
  const stepped = await generateBySteps(sessions, STEPS, settings, rows, SIZE, () => false);
  return { reference: reference!, looped, stepped: stepped! };
}

test('neither a cache nor a run is longer or shorter for what is beside a sample', async () => {
  const rule: PickRule = { topK: 40, topP: 1, greedy: false };
  const checkpoint = await openCheckpoint(writeRandomCheckpoint(scratchFolder()));
  const settings = { config: checkpoint.config, seed: 7, maxTokens: 4, schedule: CONSTANT };
  const session = { provider: 'cpu', nThreads: 1, weightFolder: checkpoint.weightFolder } as const;
  const loop = watch(await openSession(buildPagedLoop(checkpoint, rule, GROUPED), session));
  const steps = watch(await openSession(buildStepGraph(checkpoint, rule, STEPS), session));
  const emptyCache = await openSession(buildEmptyCache(checkpoint), session);
  for (const batch of [rows.slice(0, 1), rows]) {
    await generateOnDevice(loop.session, GROUPED, settings, batch, SIZE);
    await generateBySteps({ steps: steps.session, emptyCache }, STEPS, settings, batch, SIZE, () => false);
  }
  assert.deepEqual(loop.dims('forced'), ['11,4,8', '11,4,8']);
  assert.deepEqual([...new Set(steps.dims('past.0.key'))], ['8,2,45,16']);
});

/** The session, and the dimensions of an input in each run. */
function watch(session: InferenceSession) {
  const fed: Readonly<Record<string, Tensor>>[] = [];
  const run = (inputs: Record<string, Tensor>, ...rest: readonly object[]) => {
    fed.push(inputs);
    return session.run(inputs, ...(rest as [object]));
  };
  return {
    session: { run } as unknown as InferenceSession,
    dims: (name: string) => fed.map((inputs) => inputs[name]!.dims.join()),
  };
}

type Results = Awaited<ReturnType<typeof generateOnDevice>>;

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
