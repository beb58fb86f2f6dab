// Samples by steps on WebGPU, for each rule that its input names, and prints what came out and what the runtime did
// on the way. A process of its own, since a software driver must be named before the first one is looked for.

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { openCheckpoint } from '../../../server/sampling/checkpoint.ts';
import type { RowRequest } from '../../../server/sampling/forms/cached/generate-batch.ts';
import { generateBySteps } from '../../../server/sampling/forms/in-place/generate-by-steps.ts';
import {
  buildEmptyCache,
  buildStepGraph,
  type StepForm,
  stepCacheNames,
} from '../../../server/sampling/forms/in-place/step-graph.ts';
import { openSession } from '../../../server/sampling/onnx/session.ts';
import type { PickRule } from '../../../server/sampling/pick/pick-token.ts';

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
  const { form, rows, maxTokens } = asked;
  const checkpoint = await openCheckpoint(asked.model);
  const { config, weightFolder } = checkpoint;
  const session = { provider: 'webgpu', nThreads: 1, weightFolder } as const;
  const prefix = `profile-${index}`;
  const sessions = {
    emptyCache: await openSession(buildEmptyCache(checkpoint), {
      ...session,
      deviceOutputs: stepCacheNames('present', config.nLayers),
    }),
    steps: await openSession(buildStepGraph(checkpoint, rule, form), {
      ...session,
      profilePrefix: join(asked.scratch, prefix),
    }),
  };
  const schedule = { kind: 'constant', temperature: 1 } as const;
  const settings = { config, seed: 7, maxTokens, schedule };
  const nPositions = maxTokens + Math.max(...rows.map(({ prompt }) => prompt.length));
  const results = await generateBySteps(
    sessions,
    form,
    settings,
    rows,
    { nRows: rows.length, nPositions },
    () => false,
  );
  sessions.steps.endProfiling();
  return {
    tokens: results!.map(({ tokens }) => [...tokens]),
    logprobs: results!.map(({ logprobs }) => [...logprobs]),
    ...readProfile(asked.scratch, prefix),
  };
}

interface ProfileEvent {
  readonly cat: string;
  readonly name: string;
  readonly args: { readonly op_name?: string; readonly provider?: string; readonly shapes?: string };
}

function readProfile(folder: string, prefix: string) {
  const file = readdirSync(folder).find((name) => name.startsWith(prefix))!;
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

const asked = JSON.parse(await text(process.stdin)) as StepsAsked;
const made: StepsMade[] = [];
for (const [i, rule] of asked.rules.entries()) made.push(await sample(asked, rule, i));
console.log(JSON.stringify(made));
// The driver's threads crash a process that is left to end by itself.
process.exit(0);
