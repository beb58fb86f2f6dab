// What every stage of a run is given.

import type { Execution, StudyPlan } from '../../protocol/study.ts';
import type { Report } from '../progress.ts';
import type { Database } from '../store/study-file.ts';
import type { Executor } from './executors/executor.ts';

export interface StageContext {
  readonly db: Database;
  readonly plan: StudyPlan;
  readonly execution: Execution;
  readonly executor: Executor;
  readonly signal: AbortSignal;
  readonly report: Report;
  /** Hears of each shard whose map is in the study file. */
  readonly onShardMapped?: (shardId: number) => void;
}
