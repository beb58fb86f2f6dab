// Processes on this machine that run the tasks of a study for Slurm: which there are, and how one is held up.

import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { currentPlan } from '../../server/study/tasks/open-plan.ts';
import { processesWith } from './server-client.ts';

/** Processes that run a task of this study. */
export const tasksOf = (out: string): readonly number[] => processesWith(`\0task\0${out}\0`, 'cmdline');

export interface Task {
  readonly pid: number;
  /** Its name for Slurm. */
  readonly job: string;
  /** Whether tasks of it are not done. */
  readonly hasWork: () => boolean;
}

/** Stops what runs the tasks of a job, which are not all done and will not be before it goes on. Undefined where none runs. */
export async function stopTaskOf(out: string): Promise<Task | undefined> {
  for (const pid of tasksOf(out)) {
    const task = await stopped(pid, out);
    if (task !== undefined) return task;
  }
  return undefined;
}

const ofProcess = (pid: number, file: string) => readFileSync(`/proc/${pid}/${file}`, 'utf8');
const isStopped = (pid: number) =>
  readdirSync(`/proc/${pid}/task`).every(
    (thread) => /\) (\w)/.exec(ofProcess(pid, `task/${thread}/stat`))![1] === 'T',
  );

/** Undefined where it was over, or nearly so. */
async function stopped(pid: number, out: string): Promise<Task | undefined> {
  try {
    const number = (name: string) =>
      Number(new RegExp(`\\b${name}=(\\d+)`).exec(ofProcess(pid, 'environ'))![1]);
    const [array, index] = [number('SLURM_ARRAY_JOB_ID'), number('SLURM_ARRAY_TASK_ID')];
    const first = Number(/--first-job\0(\d+)\0/.exec(ofProcess(pid, 'cmdline'))![1]);
    process.kill(pid, 'SIGSTOP');
    while (!isStopped(pid)) await sleep(10);
    const plan = currentPlan(out);
    const hasWork = () => plan?.ranksOf(first + index).some((rank) => !plan.isDone(rank)) === true;
    if (hasWork()) return { pid, job: `${array}_${index}`, hasWork };
    process.kill(pid, 'SIGCONT');
  } catch {} // It has ended in the meantime.
  return undefined;
}

/** Whether one that was stopped still is, and with it some of its work. */
export function isHeld({ pid, hasWork }: Task): boolean {
  try {
    return hasWork() && isStopped(pid);
  } catch {
    return false;
  }
}

export const signal = (pid: number, name: NodeJS.Signals) => {
  try {
    process.kill(pid, name);
  } catch {} // It has ended in the meantime.
};
export const kill = (pid: number) => signal(pid, 'SIGKILL');
