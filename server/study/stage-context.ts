// What every stage of a run is given.

import type { Execution, StudyPlan } from '../../protocol/study.ts';
import type { Report } from '../progress.ts';
import type { Database } from '../store/study-file.ts';

export interface StageContext {
  readonly db: Database;
  readonly plan: StudyPlan;
  readonly execution: Execution;
  readonly signal: AbortSignal;
  readonly report: Report;
}
