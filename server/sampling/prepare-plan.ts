// Reads a sampling plan against a checkpoint: which strategy means which prompts, schedule and rule, and
// what of it this model cannot do. Strategies carry the published study's names.

import type { PromptText, SamplingPlan } from '../../protocol/study.ts';
import { UserError } from '../errors.ts';
import { checkSampling } from '../plan/plan.ts';
import { bytesOfString } from '../text/text-strings.ts';
import type { Checkpoint, ExportedModel } from './model/checkpoint.ts';
import type { PickRule } from './pick/pick-token.ts';
import type { Schedule } from './pick/schedule.ts';
import { type FillIn, findFillIn } from './tokenizer/fill-in.ts';
import { NO_FRAME } from './tokenizer/frame.ts';
import { type Encoder, openEncoder } from './tokenizer/open-encoder.ts';
import type { TokenizerFile } from './tokenizer/tokenizer-file.ts';

export interface Prompt {
  readonly index: number | null;
  readonly tokens: readonly number[];
}

export interface PreparedPlan {
  readonly rule: PickRule;
  readonly schedule: Schedule;
  readonly promptOf: (sampleId: number) => Prompt;
  /** What ends a sample: the model's own tokens, and those that end a middle where there are gaps to fill. */
  readonly eosTokens: readonly number[];
  /** Positions of the longest sample with its prompt. */
  readonly nPositions: number;
  /** What could not be done as the plan asks, in sentences. */
  readonly notes: readonly string[];
}

/** Throws a UserError that names the setting. */
export async function preparePlan(
  checkpoint: Checkpoint | ExportedModel,
  plan: SamplingPlan,
  signal?: AbortSignal,
): Promise<PreparedPlan> {
  checkSampling(plan);
  const { config } = checkpoint;
  const schedule = toSchedule(plan);
  const rule = {
    topK: Math.min(plan.topK, config.vocabularySize),
    topP: plan.topP ?? 1,
    greedy: schedule.kind === 'constant' && schedule.temperature === 0,
  };
  const hasGaps = plan.strategy !== 'npg' && plan.strategy !== 'tdg' && plan.prompts.some(isGap);
  const fill = hasGaps ? findFillIn(checkpoint.tokenizer) : null;
  checkIds(checkpoint, plan);
  const { prompts, notes } = await readPrompts(checkpoint, plan, fill, signal);
  return {
    rule,
    schedule,
    eosTokens: [...new Set([...config.eosTokens, ...(fill?.ends ?? [])])],
    promptOf: (sampleId) => prompts[sampleId % prompts.length]!,
    nPositions:
      plan.maxTokens +
      prompts.slice(0, plan.nSamples).reduce((longest, { tokens }) => Math.max(longest, tokens.length), 1),
    notes,
  };
}

/**
 * The BOS token alone, or the plan's prompts, encoded with what the tokenizer puts around a text: nothing, for GPT-2's.
 * Prompts that leave no room for a sample are passed over, unless there is no other.
 */
async function readPrompts(
  checkpoint: Checkpoint | ExportedModel,
  plan: SamplingPlan,
  fill: FillIn | null,
  signal: AbortSignal | undefined,
) {
  const { bosToken, nPositions } = checkpoint.config;
  if (plan.strategy === 'npg' || plan.strategy === 'tdg') {
    const start: Prompt = { index: null, tokens: [bosToken] };
    checkLength(checkpoint, plan, start);
    return { prompts: [start], notes: [] };
  }
  if (plan.prompts.length === 0) {
    throw new UserError(`The strategy ${plan.strategy} needs prompts, and there are none.`, {
      action: 'Give prompts, or choose the strategy npg.',
    });
  }
  using encoder = openEncoder(checkpoint.tokenizer, checkpoint.tokenBytes, signal && { signal });
  const all = (await encodePrompts(checkpoint.tokenizer, encoder, fill, plan.prompts)).map(
    (tokens, index): Prompt => {
      return { index, tokens: tokens.length === 0 ? [bosToken] : tokens };
    },
  );
  const prompts = all.filter(({ tokens }) => plan.maxTokens <= roomBehind(checkpoint, tokens));
  if (prompts.length === 0) {
    checkLength(
      checkpoint,
      plan,
      all.reduce((a, b) => (b.tokens.length < a.tokens.length ? b : a)),
    );
  }
  const nPassedOver = all.length - prompts.length;
  const note =
    `${nPassedOver} of ${all.length} prompts are passed over: with ${plan.maxTokens} tokens to sample they do ` +
    `not fit into the ${nPositions} positions of the model's context.`;
  return { prompts, notes: nPassedOver > 0 ? [note] : [] };
}

/** With what the tokenizer puts around a text, or around the two ends of a gap. */
async function encodePrompts(
  tokenizer: TokenizerFile,
  encoder: Encoder,
  fill: FillIn | null,
  prompts: readonly PromptText[],
): Promise<readonly (readonly number[])[]> {
  const { before, after } = tokenizer.frame ?? NO_FRAME;
  const texts = await encoder.encode(
    prompts.map((prompt) => bytesOfString(isGap(prompt) ? prompt.prefix : isIds(prompt) ? '' : prompt)),
  );
  const gaps = prompts.filter(isGap);
  const suffixes = await encoder.encode(
    gaps.map(({ suffix }) => bytesOfString(suffix)),
    'continues',
  );
  let gap = 0;
  return prompts.map((prompt, i) => {
    // Whoever writes ids has put everything around them that is to be there.
    if (isIds(prompt)) return prompt.tokens;
    if (!isGap(prompt) || fill === null) return [...before, ...texts[i]!, ...after];
    // A prefix begins a text, and a suffix goes on in its middle.
    const ends = { prefix: texts[i]!, suffix: suffixes[gap++]! };
    return [...before, ...fill.prompt.flatMap((part) => (typeof part === 'number' ? part : ends[part]))];
  });
}

const isGap = (prompt: PromptText): prompt is Extract<PromptText, { readonly prefix: string }> =>
  typeof prompt === 'object' && 'prefix' in prompt;
const isIds = (prompt: PromptText): prompt is Extract<PromptText, { readonly tokens: readonly number[] }> =>
  typeof prompt === 'object' && 'tokens' in prompt;

function checkIds({ config, dir }: Checkpoint | ExportedModel, { prompts }: SamplingPlan): void {
  for (const [i, prompt] of prompts.entries()) {
    const wrong = isIds(prompt) ? prompt.tokens.find((id) => id >= config.vocabularySize) : undefined;
    if (wrong === undefined) continue;
    throw new UserError(
      `Prompt ${i + 1} has the token ${wrong}, and the vocabulary of ${dir} has ${config.vocabularySize} tokens`,
      { action: 'Correct the prompt, or give it as text.' },
    );
  }
}

function toSchedule({ strategy, temperature }: SamplingPlan): Schedule {
  if (strategy !== 'tdg') return { kind: 'constant', temperature };
  if (temperature !== 1) {
    throw new UserError(`The strategy tdg has a temperature schedule of its own, not ${temperature}.`, {
      action: 'Leave the temperature at 1, or choose another strategy.',
    });
  }
  return { kind: 'decaying' };
}

/** How many tokens can be sampled. The last one picked is never fed back, so it needs no position. */
const roomBehind = ({ config }: Checkpoint | ExportedModel, prompt: readonly number[]) =>
  config.nPositions - prompt.length + 1;

function checkLength(checkpoint: Checkpoint | ExportedModel, plan: SamplingPlan, prompt: Prompt): void {
  const nAvailable = roomBehind(checkpoint, prompt.tokens);
  if (plan.maxTokens <= nAvailable) return;
  const context = `the context of ${checkpoint.dir} has ${checkpoint.config.nPositions} positions`;
  if (prompt.index === null) {
    throw new UserError(`max-tokens is ${plan.maxTokens}, and ${context}.`, {
      action: `Set max-tokens to ${nAvailable} or less.`,
    });
  }
  const shortest = `The shortest prompt has ${prompt.tokens.length} tokens`;
  if (nAvailable <= 0) throw new UserError(`${shortest}, and ${context}.`, { action: 'Give shorter ones.' });
  throw new UserError(
    `${shortest} and max-tokens is ${plan.maxTokens}: together they are too long, since ${context}.`,
    { action: `Give shorter prompts, or set max-tokens to ${nAvailable} or less.` },
  );
}
