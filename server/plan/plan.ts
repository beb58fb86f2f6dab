// The plan of a study: its defaults, its limits, and whether two plans are the same study.

import type { MatchRule, SamplingPlan, StudyPlan } from '../../protocol/study.ts';
import { UserError } from '../errors.ts';

export const defaultSampling: SamplingPlan = {
  strategy: 'npg',
  nSamples: 20_000,
  maxTokens: 512,
  topK: 40,
  topP: null,
  temperature: 1,
  seed: 0,
  prompts: [],
  int8: false,
};

export const defaultRule: MatchRule = { minLines: 6, profile: 'exact-1' };

/** Throws a `UserError` that names the first setting that cannot be meant. */
export function checkPlan(plan: StudyPlan): void {
  const { sampling, rule } = plan;
  const whole = (name: string, value: number, least: number) => {
    if (!Number.isSafeInteger(value) || value < least) {
      throw new UserError(`${name} is ${value}, but must be a whole number of at least ${least}`);
    }
  };
  whole('samples', sampling.nSamples, 1);
  whole('max-tokens', sampling.maxTokens, 1);
  whole('top-k', sampling.topK, 0);
  whole('seed', sampling.seed, 0);
  whole('min-lines', rule.minLines, 1);
  if (!(sampling.temperature >= 0 && sampling.temperature < Number.POSITIVE_INFINITY)) {
    throw new UserError(`temperature is ${sampling.temperature}, but must be 0 (greedy) or more`);
  }
  if (sampling.topP !== null && !(sampling.topP > 0 && sampling.topP <= 1)) {
    throw new UserError(`top-p is ${sampling.topP}, but must be above 0 and at most 1`);
  }
  const needsPrompts = sampling.strategy === 'pcg' || sampling.strategy === 'tsg';
  if (plan.source.kind === 'model' && needsPrompts && sampling.prompts.length === 0) {
    throw new UserError(`Strategy ${sampling.strategy} continues prompts, but there are none`, {
      action: 'Give them with --prompts FILE.',
    });
  }
  if (!needsPrompts && sampling.prompts.length > 0) {
    throw new UserError(`Strategy ${sampling.strategy} takes no prompts`, {
      action: 'Use --strategy pcg or tsg, or leave --prompts out.',
    });
  }
}

/** A study file holds one study: running it again with other settings is an error that names them. */
export function checkSamePlan(file: string, stored: StudyPlan, asked: StudyPlan): void {
  const was = flatten(stored);
  const is = flatten(asked);
  const changed = Object.keys({ ...was, ...is }).filter((key) => was[key] !== is[key]);
  if (changed.length === 0) return;
  const shown = (value: string | undefined) => (value === undefined || value === 'null' ? 'none' : value);
  const list = changed.map((key) => `${named(key)} was ${shown(was[key])}, now ${shown(is[key])}`).join('; ');
  throw new UserError(`${file} holds another study: ${list}`, {
    action: 'Choose another --out, or run it with the same settings to go on with it.',
  });
}

/** As the command's options are called: `maxTokens` is "max-tokens". */
const named = (key: string) =>
  key === 'nSamples' ? 'samples' : key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);

function flatten(plan: StudyPlan): Record<string, string> {
  const { version: _, source, sampling, rule, ...rest } = plan;
  const { kind: __, ...places } = source;
  const entries = Object.entries({ ...places, ...rest, ...sampling, ...rule });
  return Object.fromEntries(entries.map(([key, value]) => [key, JSON.stringify(value)]));
}
