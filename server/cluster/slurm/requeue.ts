// What a job does that Slurm has told to stop soon (`--signal=USR2`): it has kept what it has, and is put back into the queue.

import { ask, wordsOf } from './run-program.ts';

/** The notice comes so long before the end of a job's time, and Slurm may send it a minute earlier. */
const NOTICE_S = 180;

/** Undefined where this process is no job of Slurm's. */
export function thisJob(env: NodeJS.ProcessEnv = process.env): string | undefined {
  const { SLURM_ARRAY_JOB_ID: array, SLURM_ARRAY_TASK_ID: index, SLURM_JOB_ID: job } = env;
  return array !== undefined && index !== undefined ? `${array}_${index}` : job;
}

/** Why a job is to stop: its own time is nearly over, or somebody else needs the node. */
export async function whyToStop(job: string): Promise<'time' | 'preemption'> {
  const { stdout } = await ask('squeue', ['--noheader', '--jobs', job, '--format', '%L']);
  const left = secondsOf(stdout.trim());
  return left !== undefined && left <= NOTICE_S ? 'time' : 'preemption';
}

/** Undefined, or why it did not work. */
export async function requeue(job: string): Promise<string | undefined> {
  const answer = await ask('scontrol', ['requeue', job]);
  return answer.exitCode === 0 ? undefined : wordsOf(answer, 'scontrol');
}

/** Slurm's days-hours:minutes:seconds, of which only the last two are always there; undefined for UNLIMITED. */
export function secondsOf(text: string): number | undefined {
  const [, days = '0', clock = ''] = /^(?:(\d+)-)?([\d:]+)$/.exec(text) ?? [];
  if (clock === '') return undefined;
  const seconds = clock.split(':').reduce((sum, part) => 60 * sum + Number(part), 0);
  return 86_400 * Number(days) + seconds;
}
