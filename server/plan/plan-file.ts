// Plans of files and of the wizard: their places are made absolute from the folder that they are relative to, or names
// of the Hub, and the prompts that they name are read.

import { existsSync } from 'node:fs';
import { dirname, isAbsolute, resolve } from 'node:path';
import type { PromptText, StudyPlan } from '../../protocol/study.ts';
import { isHubName, locate } from '../hub/hub-name.ts';
import { isRemoteLocation, remoteLocation } from '../remote/remote-location.ts';
import { type ParsedPlan, parsePlan, parsePlans } from './parse-plan.ts';
import { checkFit } from './plan.ts';
import { readPlanText } from './read-plan-text.ts';
import { refuseValue } from './refuse-value.ts';

/** Reads the prompts of a place that a plan names. How is not a plan's business. */
export type PromptReader = (path: string) => Promise<readonly PromptText[]>;

export interface SweepPoint {
  /** What tells it from the others, such as `topK=40,temperature=0.5`; empty in a grid of one. */
  readonly name: string;
  readonly plan: StudyPlan;
}

/** Throws a `UserError` that names the first property that cannot be meant, as do all below. */
export const readPlanFile = async (file: string, readPrompts: PromptReader): Promise<StudyPlan> =>
  makePlan(readPlanText(file), dirname(file), readPrompts);

/** For sampling alone, which needs no training data yet. */
export const readPlanToSample = async (file: string, readPrompts: PromptReader): Promise<StudyPlan> =>
  complete(parsePlan(readPlanText(file)), dirname(file), readPrompts);

/** A study of every combination of the values that the plan lists. */
export async function readSweep(file: string, readPrompts: PromptReader): Promise<readonly SweepPoint[]> {
  const parsed = parsePlans(readPlanText(file));
  for (const { plan } of parsed) checkHasCorpus(plan);
  const read = once(readPrompts);
  const points: SweepPoint[] = [];
  for (const one of parsed) points.push({ name: one.name, plan: await complete(one, dirname(file), read) });
  return points;
}

export async function makePlan(
  value: unknown,
  folder: string,
  readPrompts: PromptReader,
): Promise<StudyPlan> {
  const parsed = parsePlan(value);
  checkHasCorpus(parsed.plan);
  return complete(parsed, folder, readPrompts);
}

function checkHasCorpus({ corpus }: StudyPlan): void {
  if (corpus.length === 0) refuseValue('corpus', corpus, 'a place or a list of places');
}

async function complete(
  { plan, promptsFile }: ParsedPlan,
  folder: string,
  readPrompts: PromptReader,
): Promise<StudyPlan> {
  const { source, sampling } = plan;
  const model =
    source.model === null || source.kind === 'served' ? null : place('model', source.model, folder);
  const completed: StudyPlan = {
    ...plan,
    source:
      source.kind === 'samples'
        ? { ...source, samples: resolve(folder, source.samples), model }
        : source.kind === 'served'
          ? source
          : { ...source, model: model! },
    corpus: plan.corpus.map((name) => place('dataset', name, folder)),
    ...(plan.control && { control: plan.control.map((name) => place('dataset', name, folder)) }),
    ...(plan.map && {
      map: { ...plan.map, control: plan.map.control.map((name) => place('dataset', name, folder)) },
    }),
    sampling:
      promptsFile === null
        ? sampling
        : { ...sampling, prompts: await readPrompts(resolve(folder, promptsFile)) },
  };
  checkFit(completed);
  return completed;
}

/** A path that is there, from the plan's own folder, wins over a name of the Hub. */
function place(kind: 'model' | 'dataset', text: string, folder: string): string {
  if (kind === 'dataset' && isRemoteLocation(text)) return remoteLocation(text);
  if (isHubName(text) || isAbsolute(text)) return locate(kind, text);
  const found = locate(kind, resolve(folder, text));
  const named = locate(kind, text);
  return isHubName(named) && !existsSync(found) ? named : found;
}

/** Studies of one sweep mostly name the same prompts. */
function once(readPrompts: PromptReader): PromptReader {
  const known = new Map<string, Promise<readonly PromptText[]>>();
  return (path) => {
    const prompts = known.get(path) ?? readPrompts(path);
    known.set(path, prompts);
    return prompts;
  };
}
