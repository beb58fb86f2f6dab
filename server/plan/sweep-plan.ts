// A plan file with lists of values: every combination is a study of its own. What a plan may say is known to
// plan-file.ts alone.

import { dirname } from 'node:path';
import type { StudyPlan } from '../../protocol/study.ts';
import { makePlan, parsePlanFile } from './plan-file.ts';

export interface SweepPoint {
  /** What tells it from the others, such as `topK=40,temperature=0.5`; empty in a grid of one. */
  readonly name: string;
  readonly plan: StudyPlan;
}

export async function readSweep(file: string): Promise<readonly SweepPoint[]> {
  const points: SweepPoint[] = [];
  for (const { values, name } of combinations(parsePlanFile(file))) {
    points.push({ name, plan: await makePlan(values, dirname(file)) });
  }
  return points;
}

/** In the order of the file, the last name changing fastest. A list of training data is one value. */
function combinations(written: Readonly<Record<string, unknown>>) {
  let points: { values: Record<string, unknown>; name: string }[] = [{ values: {}, name: '' }];
  for (const [key, value] of Object.entries(written)) {
    const list: readonly unknown[] =
      Array.isArray(value) && value.length > 0 && key !== 'corpus' ? value : [value];
    points = points.flatMap((point) =>
      list.map((one) => ({
        values: { ...point.values, [key]: one },
        name: list.length > 1 ? [point.name, `${key}=${one}`].filter(Boolean).join(',') : point.name,
      })),
    );
  }
  return points;
}
