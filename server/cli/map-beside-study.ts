// `verbatim study --discover`: what the model could say, beside what it said. The map is a study file of its own, over
// the same training data and by the same rule of drawing.

import type { Execution, StudyPlan } from '../../protocol/study.ts';
import { UserError } from '../errors.ts';
import { defaultMap, defaultSampling } from '../plan/plan.ts';
import { checkPlan } from '../plan/stored-plan.ts';
import type { SweepStudy } from '../study/run-sweep.ts';
import type { Condition } from './fail-on-condition.ts';
import { runMap } from './run-map.ts';
import { fileOf } from './sweep-studies.ts';

/** The maps that belong to studies; those that are the same are made once. Throws a `UserError` before anything is made. */
export function mapsBeside(studies: readonly SweepStudy[]): readonly SweepStudy[] {
  const maps = new Map<string, SweepStudy>();
  for (const { file, plan } of studies) {
    const map = mapPlanOf(plan);
    const key = JSON.stringify(map);
    if (!maps.has(key)) maps.set(key, { file: fileOf(file, 'map'), plan: map });
  }
  return [...maps.values()];
}

function mapPlanOf(plan: StudyPlan): StudyPlan {
  const { source, corpus, control = [], columns, ignore, contents, sampling, rule } = plan;
  if (source.kind !== 'model') {
    throw new UserError(
      '--discover reads training data under a model, and these samples were made elsewhere',
      {
        action: 'Make a map of the model with verbatim discover.',
      },
    );
  }
  const { topK, topP, temperature } = sampling;
  return checkPlan({
    version: 2,
    source: { kind: 'map', model: source.model },
    corpus,
    ...(columns && { columns }),
    ...(ignore === undefined ? {} : { ignore }),
    ...(contents === undefined ? {} : { contents }),
    sampling: { ...defaultSampling, topK, topP, temperature },
    rule,
    map: { ...defaultMap, control },
  } satisfies StudyPlan);
}

export async function runMapsBeside(
  maps: readonly SweepStudy[],
  run: { readonly execution: Execution; readonly top: number; readonly failOn: readonly Condition[] },
): Promise<void> {
  for (const map of maps) await runMap({ ...run, ...map, json: false });
}
