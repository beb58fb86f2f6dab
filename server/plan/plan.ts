// What a plan is where it says nothing, whether its parts fit together, and whether two plans are the same study.

import { mapSettings } from '../../protocol/map-settings.ts';
import { describeType, isSettingValue, planSettings } from '../../protocol/plan-settings.ts';
import {
  isDrawn,
  type MapPlan,
  type MatchRule,
  type SamplingPlan,
  type StudyPlan,
} from '../../protocol/study.ts';
import { UserError } from '../errors.ts';

const defaults = (group: 'sampling' | 'rule') =>
  Object.fromEntries(
    planSettings
      .filter((setting) => setting.group === group)
      .map(({ field, default: value }) => [field, value]),
  );

export const defaultSampling: SamplingPlan = {
  ...(defaults('sampling') as unknown as Omit<SamplingPlan, 'topP' | 'prompts'>),
  topP: null,
  prompts: [],
};

export const defaultRule = defaults('rule') as unknown as MatchRule;

export const defaultMap: MapPlan = {
  ...(Object.fromEntries(mapSettings.map(({ field, default: value }) => [field, value])) as unknown as Omit<
    MapPlan,
    'control'
  >),
  control: [],
};

/** Throws a `UserError` that names the first setting that cannot be meant, as the command line calls it. */
export function checkSampling(sampling: SamplingPlan): void {
  for (const { group, field, cliFlag, type } of planSettings) {
    if (group !== 'sampling') continue;
    const value = sampling[field];
    if ((field === 'topP' && value === null) || isSettingValue(type, value)) continue;
    const name = cliFlag.replace(/^--| .*$/g, '');
    throw new UserError(`${name} is ${String(value)}, but must be ${describeType(type)}`, {
      action: `Correct ${name}.`,
    });
  }
}

/** Throws a `UserError` where the parts of a plan, each good by itself, do not fit together. */
export function checkFit({ source, sampling }: StudyPlan): void {
  if (source.kind === 'map' && sampling.topP !== null) {
    throw new UserError('An extraction map draws by temperature and top-k, and knows no top-p', {
      action: 'Leave top-p out.',
    });
  }
  const needsPrompts = sampling.strategy === 'pcg' || sampling.strategy === 'tsg';
  if (source.kind === 'served') checkServed(sampling);
  if (isDrawn(source) && needsPrompts && sampling.prompts.length === 0) {
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

/** What OpenAI's protocol cannot ask for. */
function checkServed({ strategy, int8, prompts }: SamplingPlan): void {
  const refuse = (what: string, action: string) => {
    throw new UserError(`A served model cannot be asked for ${what}`, { action });
  };
  if (strategy === 'tdg') refuse('a temperature that changes with the token', 'Use another --strategy.');
  if (int8) refuse('products in 8-bit integers', 'Leave --int8 out: the server decides how it computes.');
  if (prompts.some((prompt) => typeof prompt === 'object' && 'prefix' in prompt)) {
    refuse(
      'what fills a gap',
      'Give prompts as texts or token ids, with the model’s own tokens for gaps in them.',
    );
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

/** The name of the command's option: "max-tokens" for `maxTokens`. */
const named = (key: string) =>
  key === 'nSamples' ? 'samples' : key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);

function flatten(plan: StudyPlan): Record<string, string> {
  const { version: _, source, sampling, rule, map, ...rest } = plan;
  const { kind: __, ...places } = source;
  const entries = Object.entries({ ...places, ...rest, ...sampling, ...rule, ...map });
  return Object.fromEntries(entries.map(([key, value]) => [key, JSON.stringify(value)]));
}
