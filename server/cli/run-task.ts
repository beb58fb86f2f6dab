// Runs tasks in a scheduler's job: says what it does on stderr, which is the job's log.

import { nodeName, runTasks } from '../cluster/run-tasks.ts';
import { requeue, thisJob, whyToStop } from '../cluster/slurm/requeue.ts';
import type { TaskFolder } from '../cluster/task-folder.ts';
import { Cancelled, EnvironmentError, UserError } from '../errors.ts';
import { counted } from '../formats/report-numbers.ts';
import { planAt, workOf } from '../study/tasks/open-plan.ts';
import { tell } from './tell.ts';
import { MAKE_ROOM, untilInterrupted } from './until-interrupted.ts';

/** For a job that a scheduler should start again: “try again later”, as mail programs say it. */
const AGAIN = 75;

export interface TaskOptions {
  readonly rank?: number;
  readonly firstJob?: number;
  readonly plan?: string;
}

export async function runTask(study: string, options: TaskOptions): Promise<void> {
  const folder = planAt(study, options.plan);
  if (folder === undefined) return tell('Nothing is to be done: the tasks of this study are over.');
  const ranks = ranksOf(folder, options);
  let nKept = 0;
  let isAskedForRoom = false;
  try {
    const end = await untilInterrupted((signal) => {
      signal.addEventListener('abort', () => {
        isAskedForRoom = signal.reason === MAKE_ROOM;
      });
      return runTasks({ folder, ranks, open: () => workOf(folder), signal, onPiece: () => nKept++ });
    });
    const names = `${ranks.length === 1 ? 'task' : 'tasks'} ${[...new Set([ranks[0], ranks.at(-1)])].join(' to ')}`;
    tell(end === 'gone' ? 'Nothing is to be done any more.' : `${names} done on ${nodeName()}`);
  } catch (error) {
    if (!(error instanceof Cancelled) || !isAskedForRoom) throw error;
    await giveRoom(folder, ranks, nKept);
  }
}

function ranksOf(folder: TaskFolder, { rank, firstJob }: TaskOptions): readonly number[] {
  const { nTasks } = folder.plan;
  if (rank !== undefined) {
    if (rank < nTasks) return [rank];
    throw new UserError(`There is no task ${rank}: the last one is ${nTasks - 1}`);
  }
  const index = process.env.SLURM_ARRAY_TASK_ID ?? process.env.JOB_COMPLETION_INDEX;
  if (index === undefined || !/^\d+$/.test(index)) {
    throw new UserError('Which task is to be run is not said', {
      action: 'Name its number behind the study, or run this as a job of an array.',
    });
  }
  const job = (firstJob ?? 0) + Number(index);
  const ranks = folder.ranksOf(job);
  if (ranks.length > 0) return ranks;
  throw new UserError(`There is no job ${job}: the last one is ${folder.nJobs - 1}`);
}

/** What is done is kept; the job goes back into the queue, unless its time will never do. */
async function giveRoom(folder: TaskFolder, ranks: readonly number[], nKept: number): Promise<void> {
  tell(`Told to make room. ${counted(nKept, 'piece')} of work kept.`);
  const job = thisJob();
  if (job === undefined) {
    process.exitCode = AGAIN;
    return;
  }
  if (nKept === 0 && (await whyToStop(job)) === 'time') {
    const error = new EnvironmentError(
      'The time limit of the job is over before one piece of the work is done',
      {
        action: 'Give jobs more time, as in --sbatch "--time=4:00:00", or a smaller --batch.',
      },
    );
    const { message, action } = error;
    // Another node gives it no more time.
    folder.fail(ranks[0]!, { kind: 'user', message, action, node: nodeName() });
    throw error;
  }
  const refusal = await requeue(job);
  if (refusal === undefined) return tell(`${job} is back in the queue.`);
  tell(`${job} could not be put back into the queue (${refusal}); whoever follows it does.`);
  process.exitCode = AGAIN;
}
