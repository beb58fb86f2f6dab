// The values that a study keeps as JSON, checked as they are read: a study file may come from anywhere, and what its
// plan names is run, fetched and shown. What earlier versions wrote has been brought to this shape by migrations.

import {
  type ColumnNames,
  type MatchRule,
  type ModelSource,
  PLAN_VERSION,
  type SamplesSource,
  type SamplingPlan,
  type StudyPlan,
} from '../../protocol/study.ts';
import type { HubFile } from '../corpus/shard.ts';

type Check = (value: unknown) => boolean;
/** A check for each property; TypeScript sees to it that none is forgotten. */
type Shape<T> = { readonly [Name in keyof Required<T>]: Check };

const text: Check = (value) => typeof value === 'string';
const textOrNull: Check = (value) => value === null || text(value);
const texts: Check = (value) => Array.isArray(value) && value.every(text);
const whole: Check = (value) => Number.isSafeInteger(value) && (value as number) >= 0;
const number: Check = (value) => typeof value === 'number' && Number.isFinite(value);
const flag: Check = (value) => typeof value === 'boolean';
const oneOf =
  (...allowed: readonly unknown[]): Check =>
  (value) =>
    allowed.includes(value);
const optional =
  (check: Check): Check =>
  (value) =>
    value === undefined || check(value);
const has =
  <T>(shape: Shape<T>): Check =>
  (value) =>
    isObject(value) && entriesOf(shape).every(([name, check]) => check(own(value, name)));

const columns: Shape<ColumnNames> = {
  content: optional(text),
  repository: optional(text),
  path: optional(text),
  license: optional(text),
};

const sampling: Shape<SamplingPlan> = {
  strategy: oneOf('npg', 'tdg', 'pcg', 'tsg'),
  nSamples: whole,
  maxTokens: whole,
  topK: whole,
  topP: (value) => value === null || number(value),
  temperature: number,
  seed: whole,
  prompts: texts,
  int8: flag,
};

const rule: Shape<MatchRule> = { minLines: whole, profile: oneOf('exact-1', 'text-1') };
const model: Shape<ModelSource> = { kind: oneOf('model'), model: text };
const samples: Shape<SamplesSource> = { kind: oneOf('samples'), samples: text, model: textOrNull };

const plan: Shape<StudyPlan> = {
  version: oneOf(PLAN_VERSION),
  source: (value) => has(model)(value) || has(samples)(value),
  corpus: texts,
  columns: optional(has(columns)),
  sampling: has(sampling),
  rule: has(rule),
};

const commit: Check = (value) => text(value) && /^[0-9a-f]{40}$/.test(value as string);

const hubFile: Shape<HubFile> = {
  repository: text,
  kind: oneOf('model', 'dataset'),
  commit,
  path: text,
  hash: text,
};

/** Undefined where it is no plan. */
export const readPlan = (json: string): StudyPlan | undefined => read(json, has(plan));

/** Undefined where it is no JSON object, or pins no commits where it says that it does. */
export const readEnvironment = (json: string): Readonly<Record<string, unknown>> | undefined =>
  read(json, (value) => isObject(value) && optional(commits)(own(value, 'hubCommits')));

const commits: Check = (value) => isObject(value) && Object.values(value).every(commit);

export const readHubFile = (json: string): HubFile | undefined => read(json, has(hubFile));

/** A list of sentences. */
export const readTexts = (json: string): readonly string[] | undefined => read(json, texts);

function read<T>(json: string, check: Check): T | undefined {
  try {
    const value: unknown = JSON.parse(json);
    return check(value) ? (value as T) : undefined;
  } catch {
    return undefined;
  }
}

const isObject = (value: unknown): value is object =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** What the JSON says, not what every object inherits. */
const own = (value: object, name: string): unknown =>
  Object.hasOwn(value, name) ? (value as Record<string, unknown>)[name] : undefined;

const entriesOf = <T>(shape: Shape<T>) => Object.entries(shape) as [string, Check][];
