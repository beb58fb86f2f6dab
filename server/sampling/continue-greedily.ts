// Goes on with token sequences by what is likeliest: the map's other door to the sampler.

import type { Execution } from '../../protocol/study.ts';
import { defaultSampling } from '../plan/plan.ts';
import type { Checkpoint, ExportedModel } from './checkpoint.ts';
import type { PreparedPlan } from './prepare-plan.ts';
import { sampleRows } from './sample-model.ts';

export interface GreedyRequest {
  readonly checkpoint: Checkpoint | ExportedModel;
  readonly prompts: readonly (readonly number[])[];
  /** The most tokens of a continuation; the model may end it before. */
  readonly nTokens: number;
  readonly execution: Execution;
  readonly signal: AbortSignal;
}

export interface Continuation {
  /** The prompt's. */
  readonly index: number;
  /** Without the end token. */
  readonly tokens: Uint32Array;
}

/** Each prompt once, in batches as they finish. */
export async function* continueGreedily(request: GreedyRequest): AsyncGenerator<readonly Continuation[]> {
  const { checkpoint, prompts, nTokens, execution, signal } = request;
  const plan = { ...defaultSampling, nSamples: prompts.length, maxTokens: nTokens, topK: 1, temperature: 0 };
  const prepared: PreparedPlan = {
    rule: { topK: 1, topP: 1, greedy: true },
    schedule: { kind: 'constant', temperature: 0 },
    eosTokens: checkpoint.config.eosTokens,
    promptOf: (index) => ({ index, tokens: prompts[index]! }),
    nPositions: nTokens + prompts.reduce((longest, { length }) => Math.max(longest, length), 1),
    notes: [],
  };
  const asked = { checkpoint, plan, execution, isDone: () => false, signal, onEnvironment: () => {} };
  for await (const batch of sampleRows(asked, prepared)) {
    yield batch.map(({ sampleId, tokens, ended }) => ({
      index: sampleId,
      tokens: ended === 'eos' ? tokens.subarray(0, -1) : tokens,
    }));
  }
}
