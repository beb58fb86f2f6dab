// Has the tasks of a plan done by a scheduler's jobs, and gives out what they leave behind. All that it knows is in the folder of the
// plan and with the scheduler, so a process that goes on with a study goes on with its tasks, too.

import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Cluster, Execution } from '../../../protocol/study.ts';
import { followTasks } from '../../cluster/follow-tasks.ts';
import type { JobQueue } from '../../cluster/job-queue.ts';
import { unpack } from '../../cluster/packed-value.ts';
import { readRecords } from '../../cluster/record-file.ts';
import { digestOfFile, type Piece } from '../../cluster/run-tasks.ts';
import { TaskFolder } from '../../cluster/task-folder.ts';
import { digestOf, type NewPlan, readTasks, type TaskKind } from '../../cluster/task-plan.ts';
import { EnvironmentError, HandedOver } from '../../errors.ts';
import { closePlan, currentPlan, openPlan, tasksFolder } from '../tasks/open-plan.ts';
import type { TaskSizes } from '../tasks/task-sizes.ts';
import { AwaitedParts } from './awaited-parts.ts';

export interface TaskExecutorSettings {
  /** Absolute path of the study file. */
  readonly study: string;
  readonly execution: Execution;
  readonly sizes: TaskSizes;
  /** Who runs the jobs of a plan. */
  readonly queueFor: (folder: TaskFolder) => JobQueue;
  /** Whether jobs are taken back when the study is stopped. */
  readonly whenStopped: (signal: AbortSignal) => 'cancel' | 'leave';
  readonly waiting?: Cluster['waiting'];
  readonly pollMs?: readonly [least: number, most: number];
}

type PlannedTasks = Pick<NewPlan, 'tasks' | 'input' | 'tasksAJob'>;

export interface Asked<Value> {
  readonly kind: TaskKind;
  /** What makes two requests the same, as plain data. */
  readonly identity: unknown;
  /** Called only where no plan for the same is open. */
  readonly plan: () => PlannedTasks | Promise<PlannedTasks>;
  /** Which of a plan's tasks hold what is still wanted: 1 each; undefined where some of that is in none of them. */
  readonly wanted: (tasks: Iterable<unknown>) => Uint8Array | undefined;
  readonly signal: AbortSignal;
  readonly say: (words: string) => void;
  /** Puts what the parts of a shard left together, where shards may be in parts. */
  readonly assemble?: (parts: readonly Given<Value>[]) => Value;
}

export interface Given<Value> {
  readonly value: Value;
  readonly items: readonly number[];
  readonly node: string;
}

/** What the tasks of a plan leave behind, which is written where none for the same is open. */
export async function* run<Value>(
  settings: TaskExecutorSettings,
  asked: Asked<Value>,
): AsyncGenerator<Given<Value>> {
  const { study } = settings;
  const identity = digestOf(JSON.stringify(asked.identity));
  const open = currentPlan(study);
  const isSame = open?.plan.kind === asked.kind && open.plan.identity === identity;
  let folder = open;
  let wanted = open && isSame ? asked.wanted(readTasks(open.path, open.plan)) : undefined;
  if (folder === undefined || wanted === undefined) {
    if (settings.waiting === 'show') return await show(settings, asked, identity);
    // Jobs of what was asked before have nothing to do any more.
    if (open) await settings.queueFor(open).cancel();
    folder = openPlan(study, { kind: asked.kind, identity, ...(await asked.plan()) });
    wanted = new Uint8Array(folder.plan.nTasks).fill(1);
  } else forgetMerged(folder, wanted);
  const queue = settings.queueFor(folder);
  if (settings.waiting === 'show') throw new HandedOver(await queue.preview(), { isForShow: true });
  const { signal, say } = asked;
  const ranks = followTasks({
    folder,
    queue,
    wanted,
    signal,
    whenStopped: () => settings.whenStopped(signal),
    say,
    once: settings.waiting === 'none',
    ...(settings.pollMs && { pollMs: settings.pollMs }),
  });
  const { assemble } = asked;
  const awaited = new AwaitedParts(assemble === undefined ? [] : readTasks(folder.path, folder.plan));
  for await (const rank of ranks) {
    const together = awaited.done(rank);
    if (together.length === 0) continue;
    if (assemble === undefined || together.length === 1) yield* readPieces<Value>(folder, rank);
    else {
      const parts: Given<Value>[] = [];
      for (const one of together) for await (const piece of readPieces<Value>(folder, one)) parts.push(piece);
      yield { ...parts[0]!, value: assemble(parts) };
    }
    // All of it is in the study file by now: who asks for the next one has kept this one.
    for (const one of together) rmSync(folder.result(one), { force: true });
  }
  // Only now is all of it in the study file.
  closePlan(study);
}

/** Tells of a plan that is not there, and is not made for that. */
async function show(
  { study, queueFor }: TaskExecutorSettings,
  { kind, plan }: Pick<Asked<unknown>, 'kind' | 'plan'>,
  identity: string,
): Promise<never> {
  const { tasks, tasksAJob } = await plan();
  const nTasks = [...tasks].length;
  const path = join(tasksFolder(study), `${kind}-NAME`);
  const folder = new TaskFolder(path, { version: 1, kind, identity, nTasks, tasksAJob, inputDigest: '' });
  throw new HandedOver(await queueFor(folder).preview(), { isForShow: true });
}

/** What was merged and is wanted again was no success: its result is gone, and is made anew. */
function forgetMerged(folder: TaskFolder, wanted: Uint8Array): void {
  for (const [rank, isWanted] of wanted.entries())
    if (isWanted === 1 && folder.isDone(rank) && !existsSync(folder.result(rank))) folder.undo(rank);
}

async function* readPieces<Value>(folder: TaskFolder, rank: number): AsyncGenerator<Given<Value>> {
  const marker = folder.marker(rank)!;
  const path = folder.result(rank);
  if ((await digestOfFile(path)) !== marker.digest) {
    folder.undo(rank);
    throw new EnvironmentError(`${path} is not what ${marker.node} has written`, {
      action: 'Run the same command again: the task is done anew.',
    });
  }
  for (const record of readRecords(path)) {
    const { value, items } = unpack(record) as Piece;
    yield { value: value as Value, items, node: marker.node };
  }
}
