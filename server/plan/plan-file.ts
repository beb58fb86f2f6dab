// Plans as people write them: checked by name and type, defaults filled in, paths made absolute.

import { existsSync, readFileSync } from 'node:fs';
import { dirname, isAbsolute, resolve } from 'node:path';
import type { PlanFile } from '../../protocol/plan-file.ts';
import { type ColumnNames, PLAN_VERSION, type SamplingPlan, type StudyPlan } from '../../protocol/study.ts';
import { UserError } from '../errors.ts';
import { isHubName, locate } from '../hub/hub-name.ts';
import { reasonOf } from '../system-failure.ts';
import { checkPlan, defaultRule, defaultSampling } from './plan.ts';

export async function readPlanFile(file: string): Promise<StudyPlan> {
  return makePlan(parsePlanFile(file), dirname(file));
}

/** What the file says, not yet looked at. */
export function parsePlanFile(file: string): Readonly<Record<string, unknown>> {
  let value: unknown;
  try {
    value = JSON.parse(readFileSync(file, 'utf8'));
  } catch (cause) {
    throw new UserError(`The plan ${file} cannot be read (${reasonOf(cause)})`, {
      action: 'It must be a JSON object with "model" and "corpus".',
      cause,
    });
  }
  return checkObject(value);
}

/** Throws a `UserError` that names the first property that cannot be meant. */
export async function makePlan(value: unknown, folder: string): Promise<StudyPlan> {
  const written = checkTypes(value);
  const corpus = typeof written.corpus === 'string' ? [written.corpus] : written.corpus;
  const prompts = written.prompts === undefined ? [] : await promptsIn(resolve(folder, written.prompts));
  const sampling: SamplingPlan = {
    strategy: written.strategy ?? defaultSampling.strategy,
    nSamples: written.samples ?? defaultSampling.nSamples,
    maxTokens: written.maxTokens ?? defaultSampling.maxTokens,
    topK: written.topK ?? defaultSampling.topK,
    topP: written.topP === 1 ? null : (written.topP ?? null),
    int8: written.int8 ?? false,
    temperature: written.temperature ?? defaultSampling.temperature,
    seed: written.seed ?? defaultSampling.seed,
    prompts,
  };
  const plan: StudyPlan = {
    version: PLAN_VERSION,
    source: { kind: 'model', model: place('model', written.model, folder) },
    corpus: corpus.map((name) => place('dataset', name, folder)),
    ...(written.columns === undefined ? {} : { columns: written.columns }),
    sampling,
    rule: {
      minLines: written.minLines ?? defaultRule.minLines,
      profile: written.profile ?? defaultRule.profile,
    },
  };
  checkPlan(plan);
  return plan;
}

/** Loaded when needed: prompts may be read from a corpus or a study, which takes most of the product. */
async function promptsIn(path: string): Promise<readonly string[]> {
  const { readPrompts } = await import('../study/read-prompts.ts');
  return readPrompts(path);
}

/** A path that is there, from the plan's own folder, wins over a name of the Hub. */
function place(kind: 'model' | 'dataset', text: string, folder: string): string {
  if (isHubName(text) || isAbsolute(text)) return locate(kind, text);
  const found = locate(kind, resolve(folder, text));
  const named = locate(kind, text);
  return isHubName(named) && !existsSync(found) ? named : found;
}

type Kind = 'string' | 'number' | 'boolean' | 'strings' | 'columns' | readonly string[];

const PROPERTIES: Readonly<Record<keyof PlanFile | '$schema', Kind>> = {
  $schema: 'string',
  model: 'string',
  corpus: 'strings',
  samples: 'number',
  maxTokens: 'number',
  strategy: ['npg', 'tdg', 'pcg', 'tsg'],
  prompts: 'string',
  topK: 'number',
  topP: 'number',
  int8: 'boolean',
  temperature: 'number',
  seed: 'number',
  minLines: 'number',
  profile: ['exact-1', 'text-1'],
  columns: 'columns',
};

function checkTypes(value: unknown): PlanFile {
  const entries = Object.entries(checkObject(value));
  for (const needed of ['model', 'corpus']) {
    if (!entries.some(([name]) => name === needed)) throw new UserError(`The plan has no "${needed}"`);
  }
  for (const [name, given] of entries) {
    const kind = Object.hasOwn(PROPERTIES, name) ? PROPERTIES[name as keyof PlanFile] : undefined;
    if (kind === undefined) {
      throw new UserError(`A plan has no property "${name}"`, {
        action: `The properties are ${Object.keys(PROPERTIES).slice(1).join(', ')}.`,
      });
    }
    if (!isOfKind(given, kind)) {
      throw new UserError(`"${name}" of the plan is ${JSON.stringify(given)}, but must be ${describe(kind)}`);
    }
  }
  return value as PlanFile;
}

function checkObject(value: unknown): Readonly<Record<string, unknown>> {
  if (typeof value === 'object' && value !== null && !Array.isArray(value))
    return value as Readonly<Record<string, unknown>>;
  throw new UserError('A plan is a JSON object with "model" and "corpus"');
}

function isOfKind(given: unknown, kind: Kind): boolean {
  if (typeof kind !== 'string') return kind.includes(given as string);
  if (kind === 'columns') return isColumns(given);
  if (kind !== 'strings') return typeof given === kind;
  const all = Array.isArray(given) ? given : [given];
  return all.length > 0 && all.every((item) => typeof item === 'string');
}

const COLUMNS: readonly string[] = [
  'content',
  'repository',
  'path',
  'license',
] satisfies (keyof ColumnNames)[];

function isColumns(given: unknown): given is ColumnNames {
  if (typeof given !== 'object' || given === null || Array.isArray(given)) return false;
  return Object.entries(given).every(
    ([name, column]) => COLUMNS.includes(name) && typeof column === 'string' && column !== '',
  );
}

function describe(kind: Kind): string {
  if (typeof kind !== 'string') return `one of ${kind.join(', ')}`;
  if (kind === 'columns') return `an object with names of columns: ${COLUMNS.join(', ')}`;
  return kind === 'strings' ? 'a place or a list of places' : `a ${kind}`;
}
