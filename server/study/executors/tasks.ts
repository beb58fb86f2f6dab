// An executor that cuts what is asked into tasks, for a scheduler's jobs to run, and gives out what they leave behind. All that it
// knows is in the folder of the plan and with the scheduler, so a process that goes on with the study goes on with its tasks, too.

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
import type { Shard } from '../../corpus/shard.ts';
import { EnvironmentError, HandedOver, UserError } from '../../errors.ts';
import { startMeter } from '../../progress.ts';
import type { SamplerEnvironment } from '../../sampling/sample-model.ts';
import type { MapInput, MapPiece } from '../tasks/map-work.ts';
import { closePlan, currentPlan, openPlan, tasksFolder } from '../tasks/open-plan.ts';
import type { SampleInput, SamplePiece, SampleTask } from '../tasks/sample-work.ts';
import { packSampleTexts, type ScanInput, type ScanPiece } from '../tasks/scan-work.ts';
import { sampleRanges, shardGroups, type TaskSizes } from '../tasks/task-sizes.ts';
import type { Executor } from './executor.ts';

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

interface Asked {
  readonly kind: TaskKind;
  /** What makes two requests the same, as plain data. */
  readonly identity: unknown;
  /** Called only where no plan for the same is open. */
  readonly plan: () => Pick<NewPlan, 'tasks' | 'input' | 'tasksAJob'>;
  /** Which of a plan's tasks hold what is still wanted: 1 each; undefined where some of that is in none of them. */
  readonly wanted: (tasks: Iterable<unknown>) => Uint8Array | undefined;
  readonly signal: AbortSignal;
  readonly say: (words: string) => void;
}

export function taskExecutor(settings: TaskExecutorSettings): Executor {
  const { sizes } = settings;
  return {
    fetching: 'by readers',
    async *sample({ checkpoint, plan, execution, isDone, signal, onEnvironment, say = () => {} }) {
      const input: SampleInput = {
        model: checkpoint.dir,
        modelDigest: checkpoint.digest,
        plan,
        execution: onNodes(execution),
      };
      const given = new Set<number>();
      const same = new SameEnvironment();
      const pieces = run<SamplePiece>(settings, {
        kind: 'sample',
        // What the user says, not what a study that goes on knows of itself.
        identity: [checkpoint.digest, plan, settings.execution.provider, settings.execution.batch],
        plan: () => sampleRanges(plan.nSamples, isDone, sizes, input),
        wanted: (tasks) => wantedRanges(tasks, plan.nSamples, isDone),
        signal,
        say,
      });
      for await (const { value, node } of pieces) {
        same.check(value.environment, node);
        onEnvironment(value.environment);
        const samples = value.samples.filter(({ sampleId: id }) => !isDone(id) && !given.has(id));
        for (const { sampleId } of samples) given.add(sampleId);
        if (samples.length > 0) yield samples;
      }
    },
    async *scan({ samples, rule, shards, signal, report, totalBytes, resumedBytes }) {
      const meter = startMeter(report, 'scan', 'bytes', totalBytes, resumedBytes);
      const packed = packSampleTexts(samples);
      const byIndex = new Map(shards.map((shard) => [shard.index, shard]));
      const execution = onNodes(settings.execution);
      const input: ScanInput = { samples: packed, rule, execution };
      const pieces = run<ScanPiece>(settings, {
        kind: 'scan',
        identity: [rule, digestOf(packed.texts), digestOf(new Uint8Array(packed.ids.buffer))],
        plan: () => ({ ...shardGroups(shards, sizes, 'scan'), input }),
        wanted: (tasks) => wantedShards(tasks, byIndex),
        signal,
        say: (words) => meter.advance(0, words),
      });
      for await (const { value, items } of pieces) {
        const shard = byIndex.get(items[0]!);
        if (shard === undefined) continue;
        byIndex.delete(shard.index);
        if (value.kind === 'scanned') yield { kind: 'scanned', shard, result: value.result };
        else {
          const { byteOffset, message } = value;
          yield { kind: 'failed', shard, failure: { byteOffset, error: new Error(message) } };
        }
        meter.advance(shard.nBytes, shard.name);
      }
    },
    async *map({
      checkpoint,
      plan,
      execution,
      corpusBytes,
      shards,
      signal,
      onBytes,
      onEnvironment,
      say = () => {},
    }) {
      const byIndex = new Map(shards.map((shard) => [shard.index, shard]));
      const { dir: model, digest: modelDigest } = checkpoint;
      const input: MapInput = { model, modelDigest, plan, execution: onNodes(execution), corpusBytes };
      const { map, rule, sampling } = plan;
      const same = new SameEnvironment();
      const pieces = run<MapPiece>(settings, {
        kind: 'map',
        identity: [modelDigest, map, rule, sampling.topK, sampling.temperature, settings.execution.provider],
        plan: () => ({ ...shardGroups(shards, sizes, 'map'), input }),
        wanted: (tasks) => wantedShards(tasks, byIndex),
        signal,
        say,
      });
      for await (const { value, items, node } of pieces) {
        const shard = byIndex.get(items[0]!);
        if (shard === undefined) continue;
        byIndex.delete(shard.index);
        same.check(value.environment, node);
        onEnvironment(value.environment);
        yield { ...value.map, shard };
        onBytes(shard.nBytes, shard);
      }
    },
  };
}

/** Threads are chosen where the work is done. */
const onNodes = (execution: Execution): Execution => {
  const { cluster: _, ...rest } = execution;
  return rest;
};

function wantedRanges(
  tasks: Iterable<unknown>,
  nSamples: number,
  isDone: (id: number) => boolean,
): Uint8Array | undefined {
  let nCovered = 0;
  const wanted = Uint8Array.from(tasks, (task) => {
    const [first, end] = task as SampleTask;
    let isWanted = 0;
    for (let id = first; id < end; id++) {
      if (isDone(id)) continue;
      nCovered++;
      isWanted = 1;
    }
    return isWanted;
  });
  for (let id = 0; id < nSamples; id++) if (!isDone(id)) nCovered--;
  return nCovered === 0 ? wanted : undefined;
}

/** A shard that has changed since the tasks were cut is in none of them. */
export function wantedShards(
  tasks: Iterable<unknown>,
  pending: ReadonlyMap<number, Shard>,
): Uint8Array | undefined {
  let nCovered = 0;
  const wanted = Uint8Array.from(tasks, (task) => {
    const n = (task as readonly Shard[]).filter((shard) =>
      isAsPlanned(shard, pending.get(shard.index)),
    ).length;
    nCovered += n;
    return n > 0 ? 1 : 0;
  });
  return nCovered === pending.size ? wanted : undefined;
}

const isAsPlanned = (planned: Shard, now: Shard | undefined): boolean =>
  now !== undefined &&
  planned.path === now.path &&
  planned.nBytes === now.nBytes &&
  planned.modifiedMs === now.modifiedMs;

interface Given<Value> {
  readonly value: Value;
  readonly items: readonly number[];
  readonly node: string;
}

/** What the tasks of a plan leave behind, which is written where none for the same is open. */
export async function* run<Value>(
  settings: TaskExecutorSettings,
  asked: Asked,
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
    folder = openPlan(study, { kind: asked.kind, identity, ...asked.plan() });
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
  for await (const rank of ranks) yield* piecesOf<Value>(folder, rank);
  // Only now is all of it in the study file.
  closePlan(study);
}

/** Tells of a plan that is not there, and is not made for that. */
async function show(
  { study, queueFor }: TaskExecutorSettings,
  { kind, plan }: Asked,
  identity: string,
): Promise<never> {
  const { tasks, tasksAJob } = plan();
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

async function* piecesOf<Value>(folder: TaskFolder, rank: number): AsyncGenerator<Given<Value>> {
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
  // All of it is in the study file by now: who asks for the next one has kept this one.
  rmSync(path, { force: true });
}

type Compared = Pick<SamplerEnvironment, 'provider' | 'form'> & Partial<Pick<SamplerEnvironment, 'runtime'>>;

/** What is said of one study comes from one form on one kind of device. */
class SameEnvironment {
  #first: { readonly environment: Compared; readonly node: string } | undefined;

  check(environment: Compared, node: string): void {
    this.#first ??= { environment, node };
    const { environment: first, node: firstNode } = this.#first;
    const differing = (['provider', 'form', 'runtime'] as const).find(
      (fact) => first[fact] !== environment[fact],
    );
    if (differing === undefined) return;
    throw new UserError(
      `${node} computes with another ${differing} than ${firstNode}: ${environment[differing]}, not ${first[differing]}`,
      {
        action:
          'Choose nodes that are alike with --sbatch, such as "--constraint=…" or "--gres=gpu:1", name the --provider, and start a new study file.',
      },
    );
  }
}
