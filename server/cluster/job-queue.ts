// What is asked of a scheduler, whichever it is. A job runs the tasks of one number: `TaskFolder.ranksOf` says which.

import { EnvironmentError } from '../errors.ts';

/** The scheduler gave no answer; it may, later. */
export class SchedulerSilent extends EnvironmentError {
  constructor(words: string) {
    super(`The scheduler does not answer (${words})`, {
      action: 'The jobs go on. Run the same command again to go on with them.',
    });
  }
}

/** Jobs of the plan that wait or run. */
export interface QueueState {
  readonly has: (job: number) => boolean;
  readonly nRunning: number;
  readonly nWaiting: number;
  /** Why jobs wait, in the scheduler's words, with how many do for each. */
  readonly reasons: ReadonlyMap<string, number>;
}

/** How a job ended, as the scheduler tells. */
export interface JobEnding {
  readonly kind:
    | 'completed'
    | 'failed'
    | 'timed out'
    | 'preempted'
    | 'node failed'
    | 'out of memory'
    | 'killed'
    | 'cancelled'
    | 'did not see the folder'
    | 'has no program'
    | 'unknown';
  readonly node: string | undefined;
  /** The scheduler's own words. */
  readonly words: string;
  /** File with what the job said. */
  readonly log: string | undefined;
}

export interface JobQueue {
  look(): Promise<QueueState>;
  /** Hands over as many of these jobs as it takes now, in order; returns how many. */
  submit(jobs: readonly number[], excludedNodes: readonly string[]): Promise<number>;
  endings(jobs: readonly number[]): Promise<ReadonlyMap<number, JobEnding>>;
  /** Has a command run when all that was handed over has ended. Left out where the scheduler cannot. */
  readonly thenRun?: () => Promise<void>;
  /** What would be handed over, for people to read. */
  readonly preview: () => Promise<string>;
  /** Takes back all that waits or runs. */
  cancel(): Promise<void>;
}
