// Reads a sampling plan against a checkpoint: which strategy means which prompts, schedule and rule, and
// what of it this model cannot do. Strategies carry the published study's names.

import type { SamplingPlan } from '../../protocol/study.ts';
import { UserError } from '../errors.ts';
import type { Checkpoint, ExportedModel } from './checkpoint.ts';
import { createEncoder } from './encode-text.ts';
import type { PickRule } from './pick-token.ts';
import type { Schedule } from './schedule.ts';

export interface Prompt {
  readonly index: number | null;
  readonly tokens: readonly number[];
}

export interface PreparedPlan {
  readonly rule: PickRule;
  readonly schedule: Schedule;
  readonly promptOf: (sampleId: number) => Prompt;
}

/** Throws a UserError that names the setting. */
export function preparePlan(checkpoint: Checkpoint | ExportedModel, plan: SamplingPlan): PreparedPlan {
  checkNumbers(plan);
  const { config } = checkpoint;
  const schedule = toSchedule(plan);
  const rule = {
    topK: Math.min(plan.topK, config.vocabularySize),
    topP: plan.topP,
    greedy: schedule.kind === 'constant' && schedule.temperature === 0,
  };
  const prompts = readPrompts(checkpoint, plan);
  return {
    rule,
    schedule,
    promptOf: (sampleId) => prompts[sampleId % prompts.length]!,
  };
}

/** The beginning token alone, or the plan's prompts, encoded as they are: the study added nothing before them. */
function readPrompts(checkpoint: Checkpoint | ExportedModel, plan: SamplingPlan): readonly Prompt[] {
  const { bosToken } = checkpoint.config;
  if (plan.strategy === 'npg' || plan.strategy === 'tdg') {
    const start: Prompt = { index: null, tokens: [bosToken] };
    checkLength(checkpoint, plan, start);
    return [start];
  }
  if (plan.prompts.length === 0) {
    throw new UserError(`The strategy ${plan.strategy} needs prompts, and there are none.`, {
      action: 'Give prompts, or choose the strategy npg.',
    });
  }
  const encode = createEncoder(checkpoint.tokenizer, checkpoint.tokenBytes);
  return plan.prompts.map((text, index) => {
    const tokens = encode(new TextEncoder().encode(text));
    const prompt: Prompt = { index, tokens: tokens.length === 0 ? [bosToken] : tokens };
    checkLength(checkpoint, plan, prompt);
    return prompt;
  });
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

function checkNumbers(plan: SamplingPlan): void {
  const refuse = (setting: string, value: number, rule: string): never => {
    throw new UserError(`${setting} is ${value} and must be ${rule}.`, { action: `Correct ${setting}.` });
  };
  if (!Number.isSafeInteger(plan.maxTokens) || plan.maxTokens < 1)
    refuse('max-tokens', plan.maxTokens, 'a whole number from 1');
  if (!Number.isSafeInteger(plan.nSamples) || plan.nSamples < 0 || plan.nSamples >= 2 ** 32)
    refuse('samples', plan.nSamples, 'a whole number from 0');
  if (!Number.isSafeInteger(plan.topK) || plan.topK < 0) refuse('top-k', plan.topK, 'a whole number from 0');
  if (!(plan.topP > 0 && plan.topP <= 1)) refuse('top-p', plan.topP, 'above 0 and at most 1');
  if (!(plan.temperature >= 0 && plan.temperature < Infinity))
    refuse('temperature', plan.temperature, '0 or above');
  if (!Number.isSafeInteger(plan.seed)) refuse('seed', plan.seed, 'a whole number');
}

/** The last token picked is never fed back, so it needs no position. */
function checkLength({ config, dir }: Checkpoint | ExportedModel, plan: SamplingPlan, prompt: Prompt): void {
  const nAvailable = config.nPositions - prompt.tokens.length + 1;
  if (plan.maxTokens <= nAvailable) return;
  const context = `the context of ${dir} has ${config.nPositions} positions`;
  if (prompt.index === null || nAvailable <= 0) {
    throw new UserError(
      prompt.index === null
        ? `max-tokens is ${plan.maxTokens}, and ${context}.`
        : `Prompt ${prompt.index + 1} has ${prompt.tokens.length} tokens, and ${context}.`,
      {
        action: prompt.index === null ? `Set max-tokens to ${nAvailable} or less.` : 'Shorten or remove it.',
      },
    );
  }
  throw new UserError(
    `Prompt ${prompt.index + 1} has ${prompt.tokens.length} tokens and max-tokens is ${plan.maxTokens}: ` +
      `together they are too long, since ${context}.`,
    { action: `Shorten the prompt, or set max-tokens to ${nAvailable} or less.` },
  );
}
