// A study's arrays as squeue tells of them. What an array stands for is in its comment: the folder of its plan, and the job that
// its index 0 is.

import { SchedulerSilent } from '../job-queue.ts';
import { parseIndices } from './array-indices.ts';
import { ask, wordsOf } from './run-program.ts';

/** An array that was handed over. */
export interface Submission {
  readonly jobId: number;
  /** The job that its index 0 is. */
  readonly firstJob: number;
}

/** A part of an array that waits, or an element that runs. */
export interface LiveArray extends Submission {
  readonly indices: readonly number[];
  readonly isWaiting: boolean;
  /** Whether it is the job after all others. */
  readonly isLast: boolean;
  readonly reason: string;
}

const COMMENT = 'verbatim-tasks';
export const LAST_COMMENT = 'verbatim-last';

/** `folder` is the name of the plan's folder. */
export const tasksComment = (folder: string, firstJob: number): string => `${COMMENT} ${folder} ${firstJob}`;

/** Arrays of this name and user for the plan in `folder`, and the job after them. Throws `SchedulerSilent`. */
export async function listArrays(name: string, folder: string): Promise<readonly LiveArray[]> {
  const args = ['--noheader', '--name', name, '--user', userId(), '--format', '%F|%K|%t|%k|%r'];
  // Otherwise a long list of indices is cut.
  const answer = await ask('squeue', args, { SLURM_BITSTR_LEN: '0' });
  if (answer.exitCode !== 0) throw new SchedulerSilent(wordsOf(answer, 'squeue'));
  return answer.stdout.split('\n').flatMap((line) => readArray(line, folder));
}

function readArray(line: string, wanted: string): readonly LiveArray[] {
  const [jobId, indices = '', state = '', comment = '', ...reason] = line.split('|');
  const isLast = comment === LAST_COMMENT;
  const [, folder, firstJob] = new RegExp(`^${COMMENT} (\\S+) (\\d+)$`).exec(comment) ?? [];
  if (!isLast && (firstJob === undefined || folder !== wanted)) return [];
  return [
    {
      jobId: Number(jobId),
      firstJob: Number(firstJob ?? 0),
      isLast,
      indices: [...parseIndices(indices)],
      isWaiting: state === 'PD',
      reason: reason.join('|'),
    },
  ];
}

const userId = (): string => String(process.getuid?.() ?? '');
