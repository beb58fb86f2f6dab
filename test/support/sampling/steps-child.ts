// Samples by steps on WebGPU, for each model and rule that its input names, and prints what came out and what the runtime did
// on the way. A process of its own, since a software driver must be named before the first one is looked for.

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import type { InferenceSession } from 'onnxruntime-node';
import type { StepForm } from '../../../server/sampling/forms/in-place/step-graph.ts';
import type { RowRequest } from '../../../server/sampling/forms/rows.ts';
import { openCheckpoint } from '../../../server/sampling/model/checkpoint.ts';
import type { PickRule } from '../../../server/sampling/pick/pick-token.ts';
import { openSampler } from '../../../server/sampling/run/open-sampler.ts';
import { testArchitectures } from './random-checkpoint.ts';
import { whileOpening } from './watch-sessions.ts';

export interface StepsAsked {
  readonly model: string;
  /** A folder for profiles. */
  readonly scratch: string;
  readonly form: StepForm;
  readonly rules: readonly PickRule[];
  readonly rows: readonly RowRequest[];
  readonly maxTokens: number;
}

export interface StepsMade {
  readonly tokens: readonly (readonly number[])[];
  readonly logprobs: readonly (readonly number[])[];
  /** Operators that ran on the processor, and copies between it and the device inside a run. */
  readonly onHost: readonly string[];
  /** Dispatches that read a past cache, only to write it elsewhere. */
  readonly nCacheCopies: number;
  readonly nDispatches: number;
}

async function sample(asked: StepsAsked, rule: PickRule, index: number): Promise<StepsMade> {
  const { form: steps, rows, maxTokens } = asked;
  const checkpoint = await openCheckpoint(asked.model, testArchitectures());
  const session = { provider: 'webgpu', nThreads: 1, weightFolder: checkpoint.weightFolder } as const;
  const prefix = `profile-${index}`;
  const nPositions = maxTokens + Math.max(...rows.map(({ prompt }) => prompt.length));
  const size = { nRows: rows.length, nPositions };
  const form = { kind: 'steps', precision: 'float32', steps, size } as const;
  const { value: sampler, endProfiling } = await profiled(join(asked.scratch, prefix), () =>
    openSampler(checkpoint, rule, form, session),
  );
  const schedule = { kind: 'constant', temperature: 1 } as const;
  const results = await sampler({ seed: 7, maxTokens, schedule }, rows, () => false);
  endProfiling();
  return {
    tokens: results!.map(({ tokens }) => [...tokens]),
    logprobs: results!.map(({ logprobs }) => [...logprobs]),
    ...readProfile(asked.scratch, prefix),
  };
}

/** The runtime forgets what was compiled with its last session, which may be collected between two rules: the first is kept. */
const kept: InferenceSession[] = [];

/** Opens sessions that the runtime profiles; of those only the last is of use, the one that runs the steps. */
async function profiled<Value>(prefix: string, work: () => Promise<Value>) {
  const sessions: InferenceSession[] = [];
  const value = await whileOpening(
    (open) => async (graph, options) => {
      const profileFilePrefix = `${prefix}-session-${sessions.length}`;
      const session = await open(graph, { ...options, enableProfiling: true, profileFilePrefix });
      sessions.push(session);
      return session;
    },
    work,
  );
  if (kept.length === 0) kept.push(sessions.at(-1)!);
  return { value, endProfiling: () => sessions.at(-1)!.endProfiling() };
}

interface ProfileEvent {
  readonly cat: string;
  readonly name: string;
  readonly args: { readonly op_name?: string; readonly provider?: string; readonly shapes?: string };
}

function readProfile(folder: string, prefix: string) {
  const file = readdirSync(folder)
    .filter((name) => name.startsWith(`${prefix}-session`))
    .sort()
    .at(-1)!;
  const events = JSON.parse(readFileSync(join(folder, file), 'utf8')) as readonly ProfileEvent[];
  const onHost = events.filter(
    ({ cat, args }) =>
      cat === 'Node' && (args.provider === 'CPUExecutionProvider' || args.op_name?.startsWith('Memcpy')),
  );
  const dispatches = events.filter(({ cat }) => cat === 'Api');
  return {
    onHost: [...new Set(onHost.map(({ args }) => args.op_name!))],
    nCacheCopies: dispatches.filter(
      ({ name, args }) => name.includes('CopyKVCache') && args.shapes?.includes('inputs[4]'),
    ).length,
    nDispatches: dispatches.length,
  };
}

const all = JSON.parse(await text(process.stdin)) as readonly StepsAsked[];
const made: StepsMade[][] = [];
for (const asked of all) {
  const ofModel: StepsMade[] = [];
  for (const [i, rule] of asked.rules.entries()) ofModel.push(await sample(asked, rule, i));
  made.push(ofModel);
}
console.log(JSON.stringify(made));
// The driver's threads crash a process that is left to end by itself.
process.exit(0);
