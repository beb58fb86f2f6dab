// The values that a study keeps as JSON, checked as they are read: a study file may come from anywhere, and what its
// plan names is run, fetched and shown. What earlier versions wrote has been brought to this shape by migrations.

import { isSafeRelativePath } from '../../guard/paths/file-name.ts';
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
import {
  type Check,
  flag,
  has,
  mapOf,
  number,
  oneOf,
  optional,
  orNull,
  parseJson,
  type Shape,
  text,
  texts,
  whole,
} from '../json-shape.ts';

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
  topP: orNull(number),
  temperature: number,
  seed: whole,
  prompts: texts,
  int8: flag,
};

const rule: Shape<MatchRule> = { minLines: whole, profile: oneOf('exact-1', 'text-1') };
const model: Shape<ModelSource> = { kind: oneOf('model'), model: text };
const samples: Shape<SamplesSource> = { kind: oneOf('samples'), samples: text, model: orNull(text) };

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
  path: (value) => text(value) && isSafeRelativePath(value as string, 'this'),
  hash: (value) => text(value) && /^([0-9a-f]{40}|[0-9a-f]{64}|)$/.test(value as string),
};

export const isPlan: Check = has(plan);

/** Undefined where it is no plan. */
export const readPlan = (json: string): StudyPlan | undefined => parseJson(json, isPlan);

/** Undefined where it is no JSON object, or pins no commits where it says that it does. */
export const readEnvironment = (json: string): Readonly<Record<string, unknown>> | undefined =>
  parseJson(json, isEnvironment);

export const isEnvironment: Check = has<Environment>({ hubCommits: optional(mapOf(commit)) });

interface Environment {
  /** By `hf://` name. */
  readonly hubCommits?: Readonly<Record<string, string>>;
}

export const readHubFile = (json: string): HubFile | undefined => parseJson(json, has(hubFile));

/** A list of sentences. */
export const readTexts = (json: string): readonly string[] | undefined => parseJson(json, texts);
