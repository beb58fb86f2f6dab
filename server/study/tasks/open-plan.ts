// The folder beside a study in which its tasks lie, one plan at a time, and what the tasks of a plan do.

import { randomUUID } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { isSafeFileName } from '../../../guard/paths/file-name.ts';
import type { Work } from '../../cluster/run-tasks.ts';
import { TaskFolder } from '../../cluster/task-folder.ts';
import {
  type NewPlan,
  readInput,
  readTaskPlan,
  type TaskKind,
  unlessGone,
  writeTaskPlan,
} from '../../cluster/task-plan.ts';
import { UserError } from '../../errors.ts';

/** Names the folder of the plan that counts now. */
const CURRENT = 'current';

export const tasksFolder = (study: string): string => `${study}-tasks`;

/** The plan that counts now; undefined where no tasks are open. */
export function currentPlan(study: string): TaskFolder | undefined {
  const all = tasksFolder(study);
  const name = unlessGone(() => readFileSync(join(all, CURRENT), 'utf8'));
  if (name === undefined || !isSafeFileName(name, 'this')) return undefined;
  const plan = readTaskPlan(join(all, name));
  return plan && new TaskFolder(join(all, name), plan);
}

/** Writes a plan, which is the one that counts from then on; whatever was open before is gone. */
export function openPlan(study: string, asked: NewPlan): TaskFolder {
  const all = tasksFolder(study);
  closePlan(study);
  mkdirSync(all, { recursive: true });
  const name = `${asked.kind}-${randomUUID().slice(0, 8)}`;
  const plan = writeTaskPlan(join(all, name), asked);
  const draft = join(all, `${CURRENT}.${randomUUID()}`);
  writeFileSync(draft, name);
  renameSync(draft, join(all, CURRENT));
  return new TaskFolder(join(all, name), plan);
}

/** Nothing of it is needed any more. */
export function closePlan(study: string): void {
  rmSync(tasksFolder(study), { recursive: true, force: true, maxRetries: 5 });
}

/** The plan in a folder that a job names; undefined where it is gone. Throws where there never was one. */
export function planAt(study: string, folder: string | undefined): TaskFolder | undefined {
  if (folder === undefined) {
    const current = currentPlan(study);
    if (current || existsSync(tasksFolder(study))) return current;
    throw new UserError(`${study} has no tasks`, {
      action: 'Make them with: verbatim study … --executor array, or --executor slurm.',
    });
  }
  const path = resolve(folder);
  const plan = readTaskPlan(path);
  return plan && new TaskFolder(path, plan);
}

/** What the tasks of a plan do, read once for all that a job runs. */
export async function workOf(folder: TaskFolder): Promise<Work> {
  const input = readInput(folder.path, folder.plan);
  return works[folder.plan.kind](onThisNode(input));
}

/** The cores that a job was given are those that it takes, and all of its cards, be they more. */
function onThisNode<Input>(input: Input): Input {
  const { SLURM_CPUS_PER_TASK, SLURM_CPUS_ON_NODE, CUDA_VISIBLE_DEVICES: cards = '' } = process.env;
  const nCores = Number(SLURM_CPUS_PER_TASK ?? SLURM_CPUS_ON_NODE);
  const { execution } = input as { readonly execution?: { readonly workers: unknown } };
  if (execution?.workers !== 'auto' || !(nCores >= 1)) return input;
  const workers = Math.max(nCores, cards.split(',').filter(Boolean).length);
  return { ...input, execution: { ...execution, workers } };
}

// What a kind of task does is loaded when one is run: sampling brings the runtime, scanning the kernel.
const works: Readonly<Record<TaskKind, (input: unknown) => Promise<Work>>> = {
  sample: async (input) => (await import('./sample-work.ts')).sampleWork(input as never),
  scan: async (input) => (await import('./scan-work.ts')).scanWork(input as never),
  map: async (input) => (await import('./map-work.ts')).mapWork(input as never),
  index: async (input) => (await import('./index-work.ts')).indexWork(input as never),
};
