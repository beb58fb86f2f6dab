// A plan file with lists of values: every combination is a study of its own. Its names are those of the
// command's options; paths are the plan's own.

import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import type { MatchRule, SamplingPlan, StudyPlan } from '../../protocol/study.ts';
import { UserError } from '../errors.ts';
import { checkPlan, defaultRule, defaultSampling } from './plan.ts';

export interface SweepPoint {
  /** What tells it from the others, such as `topK=40,temperature=0.5`; empty in a grid of one. */
  readonly name: string;
  readonly plan: StudyPlan;
}

type Value = string | number | boolean | null;
/** Where a value goes, by its name in the file. */
const samplingKeys: Readonly<Record<string, keyof SamplingPlan>> = {
  samples: 'nSamples',
  strategy: 'strategy',
  maxTokens: 'maxTokens',
  topK: 'topK',
  topP: 'topP',
  temperature: 'temperature',
  seed: 'seed',
};
const ruleKeys: Readonly<Record<string, keyof MatchRule>> = { minLines: 'minLines', profile: 'profile' };

/** Locations in the file are resolved by `locate`, from the file's own folder. */
export function readSweep(
  path: string,
  locate: (kind: 'model' | 'dataset', location: string) => string,
): readonly SweepPoint[] {
  const { corpus, prompts, ...rest } = parse(path);
  const unknown = Object.keys(rest).find((key) => key !== 'model' && !samplingKeys[key] && !ruleKeys[key]);
  if (unknown !== undefined) {
    const known = ['model', 'corpus', 'prompts', ...Object.keys(samplingKeys), ...Object.keys(ruleKeys)];
    throw new UserError(`${path}: "${unknown}" is no part of a plan`, {
      action: `Its parts are ${known.join(', ')}.`,
    });
  }
  const shared = { corpus: listOf(path, 'corpus', corpus), prompts: listOf(path, 'prompts', prompts ?? []) };
  const isLocal = (location: string) => !/^\w+:\/\//.test(location);
  const base = dirname(resolve(path));
  const at = (kind: 'model' | 'dataset') => (location: string) =>
    locate(kind, isLocal(location) && location.startsWith('.') ? resolve(base, location) : location);
  return combinations(rest as Record<string, Value | readonly Value[]>).map(({ values, name }) => {
    const pick = (keys: Readonly<Record<string, string>>) =>
      Object.fromEntries(
        Object.entries(values).flatMap(([key, value]) => (keys[key] ? [[keys[key], value]] : [])),
      );
    const plan: StudyPlan = {
      model: typeof values.model === 'string' ? at('model')(values.model) : null,
      samples: null,
      corpus: shared.corpus.map(at('dataset')),
      sampling: { ...defaultSampling, ...pick(samplingKeys), prompts: shared.prompts },
      rule: { ...defaultRule, ...pick(ruleKeys) },
    };
    if (plan.model === null) throw new UserError(`${path} names no model`, { action: 'Add "model": "…".' });
    checkPlan(plan);
    return { name, plan };
  });
}

function parse(path: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(readFileSync(path, 'utf8'));
    if (typeof value === 'object' && value !== null && !Array.isArray(value))
      return value as Record<string, unknown>;
  } catch (cause) {
    throw new UserError(`The plan ${path} cannot be read (${(cause as Error).message})`, { cause });
  }
  throw new UserError(`The plan ${path} is no JSON object`, {
    action: 'It must be {"model": …, "corpus": […], …}.',
  });
}

function listOf(path: string, key: string, value: unknown): readonly string[] {
  const list = typeof value === 'string' ? [value] : value;
  if (Array.isArray(list) && list.every((item) => typeof item === 'string')) return list;
  throw new UserError(`${path}: "${key}" must be a list of strings`);
}

/** In the order of the file, the last name changing fastest. */
function combinations(values: Readonly<Record<string, Value | readonly Value[]>>) {
  let points: { values: Record<string, Value>; name: string }[] = [{ values: {}, name: '' }];
  for (const [key, value] of Object.entries(values)) {
    const list = Array.isArray(value) ? (value as readonly Value[]) : [value as Value];
    points = points.flatMap((point) =>
      list.map((one) => ({
        values: { ...point.values, [key]: one },
        name: list.length > 1 ? [point.name, `${key}=${one}`].filter(Boolean).join(',') : point.name,
      })),
    );
  }
  return points;
}
