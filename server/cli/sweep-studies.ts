// The files of a grid of studies: each is named after what tells it from the others.

import { isDeepStrictEqual } from 'node:util';
import type { StudyPlan } from '../../protocol/study.ts';
import { UserError } from '../errors.ts';
import type { SweepPoint } from '../plan/plan-file.ts';
import type { SweepStudy } from '../study/run-sweep.ts';

/** Throws a `UserError` where two studies would be one file. */
export function sweepStudies(points: readonly SweepPoint[], out: string): readonly SweepStudy[] {
  const studies = points.map(({ name, plan }) => ({ plan, file: fileOf(out, name) }));
  checkFiles(studies);
  return studies;
}

/** Throws a `UserError` where two studies would be one file, since the second would be refused after the first was made. */
function checkFiles(studies: readonly SweepStudy[]): void {
  const plans = new Map<string, StudyPlan>();
  for (const { file, plan } of studies) {
    const other = plans.get(file);
    if (other !== undefined && !isDeepStrictEqual(other, plan)) {
      throw new UserError(`Two studies of the plan would be the file ${file}`, {
        action: 'Name their places so that letters and digits tell them apart.',
      });
    }
    plans.set(file, plan);
  }
}

/** `study.sqlite` and `topK=40` make `study.topK=40.sqlite`. */
export const fileOf = (out: string, name: string) =>
  `${out.replace(/\.sqlite$/, '')}.${name.replace(/[^\w=.,-]+/g, '_')}.sqlite`;
