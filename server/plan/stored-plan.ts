// The plan that a study file holds, or an export of one: a plan like any other, but that everything is in it.

import { mapSettings } from '../../protocol/map-settings.ts';
import { planSettings } from '../../protocol/plan-settings.ts';
import type { StudyPlan } from '../../protocol/study.ts';
import { UserError } from '../errors.ts';
import { parsePlan } from './parse-plan.ts';
import { checkFit } from './plan.ts';
import { asObject, refuseValue } from './refuse-value.ts';

/** Throws a `UserError` that names the first part that cannot be meant: files may come from strangers. */
export function parseStoredPlan(text: string): StudyPlan {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new UserError('The plan that the study holds is no JSON', {
      action: 'The file is damaged: restore it from a copy, or run the study anew.',
      cause,
    });
  }
  checkWhole(value);
  return completePlan(value);
}

/** What a plan of somebody's hand may leave out, a study has written down. */
function checkWhole(value: unknown): void {
  const plan = asObject('plan', value);
  const has = (part: object, name: string, label: string) => {
    if (!Object.hasOwn(part, name)) throw new UserError(`The plan has no "${label}"`);
  };
  for (const name of ['version', 'source', 'corpus', 'sampling', 'rule']) has(plan, name, name);
  for (const { group, field } of planSettings) has(asObject(group, plan[group]), field, `${group}.${field}`);
  if (!Object.hasOwn(plan, 'map')) return;
  for (const { group, field } of mapSettings) has(asObject(group, plan[group]), field, `${group}.${field}`);
  has(asObject('map', plan.map), 'control', 'map.control');
}

/** Checks a plan that another program sent, or that a study is about to run with. */
export function checkPlan(value: unknown): StudyPlan {
  const plan = completePlan(value);
  checkFit(plan);
  return plan;
}

/** Gives the plan in the shape of today. Prompts must be in it, since a place may hold others by now. */
export function completePlan(value: unknown): StudyPlan {
  const { plan, promptsFile } = parsePlan(value);
  if (promptsFile !== null) refuseValue('prompts', promptsFile, 'a list of texts');
  return plan;
}
