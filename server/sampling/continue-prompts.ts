// Goes on with token sequences, by what is likeliest or by drawing: the map's other door to the sampler.

import type { Execution } from '../../protocol/study.ts';
import { defaultSampling } from '../plan/plan.ts';
import type { DrawingRule } from './forms/map/drawing-rule.ts';
import type { Checkpoint, ExportedModel } from './model/checkpoint.ts';
import type { PreparedPlan } from './prepare-plan.ts';
import { sampleRows } from './sample-model.ts';

export interface ContinuationRequest {
  readonly checkpoint: Checkpoint | ExportedModel;
  readonly prompts: readonly (readonly number[])[];
  /** The most tokens of a continuation. */
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

/** Each prompt once, in batches as they finish. The model may end a continuation before its last token. */
export async function* continueGreedily(
  request: ContinuationRequest,
): AsyncGenerator<readonly Continuation[]> {
  const { checkpoint, prompts } = request;
  const picking = {
    ...{ topK: 1, temperature: 0, seed: defaultSampling.seed, greedy: true },
    eosTokens: checkpoint.config.eosTokens,
  };
  yield* continuePrompts(request, picking, prompts.length, (id) => id, NONE_DONE);
}

export interface DrawRequest extends ContinuationRequest {
  readonly rule: DrawingRule;
  readonly seed: number;
  /** Continuations of each prompt. What is drawn depends on the seed, the prompt's index and this alone. */
  readonly nDraws: number;
  /** Prompts that are passed over. */
  readonly isDone: (index: number) => boolean;
}

/** Each prompt so often, in batches as they finish. Nothing ends a continuation: the end token is one like others. */
export async function* drawContinuations(request: DrawRequest): AsyncGenerator<readonly Continuation[]> {
  const { rule, seed, nDraws, prompts, isDone } = request;
  const indexOf = (id: number) => Math.floor(id / nDraws);
  const picking = { ...rule, seed, greedy: false, eosTokens: [] };
  yield* continuePrompts(request, picking, prompts.length * nDraws, indexOf, (id) => isDone(indexOf(id)));
}

interface Picking extends DrawingRule {
  readonly seed: number;
  readonly greedy: boolean;
  readonly eosTokens: readonly number[];
}

const NONE_DONE = () => false;

async function* continuePrompts(
  { checkpoint, prompts, nTokens, execution, signal }: ContinuationRequest,
  { topK, temperature, seed, greedy, eosTokens }: Picking,
  nSamples: number,
  indexOf: (sampleId: number) => number,
  isDone: (sampleId: number) => boolean,
): AsyncGenerator<readonly Continuation[]> {
  const plan = { ...defaultSampling, nSamples, maxTokens: nTokens, topK, temperature, seed };
  const prepared: PreparedPlan = {
    rule: { topK: Math.min(topK, checkpoint.config.vocabularySize), topP: 1, greedy },
    schedule: { kind: 'constant', temperature },
    eosTokens,
    promptOf: (id) => ({ index: indexOf(id), tokens: prompts[indexOf(id)]! }),
    nPositions: nTokens + prompts.reduce((longest, { length }) => Math.max(longest, length), 1),
    notes: [],
  };
  const asked = { checkpoint, plan, execution, isDone, signal, onEnvironment: () => {} };
  for await (const batch of sampleRows(asked, prepared)) {
    yield batch.map(({ sampleId, tokens, ended }) => ({
      index: indexOf(sampleId),
      tokens: ended === 'eos' ? tokens.subarray(0, -1) : tokens,
    }));
  }
}
