// What lies in the folder of a plan while its tasks run: parts of results, results, markers that say that a result is whole,
// and why a task failed. Every file but the parts is there whole or not at all, and is the same whoever wrote it last.

import { randomUUID } from 'node:crypto';
import {
  existsSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { type Check, has, parseJson, text, whole } from '../json-shape.ts';
import { rankedFolder, readTask, type TaskPlan, unlessGone } from './task-plan.ts';

/** Says that a task's result is whole, and what made it. */
export interface Marker {
  readonly node: string;
  /** Measured by the node. */
  readonly elapsedMs: number;
  /** A reader of the result knows by these that it sees all of it. */
  readonly nBytes: number;
  readonly digest: string;
  /** Milliseconds since 1970, by the node's clock. */
  readonly at: number;
}

/** Why a task did not come to its end. */
export interface TaskFailure {
  readonly kind: 'user' | 'environment' | 'bug';
  readonly message: string;
  readonly action?: string | undefined;
  readonly node: string;
}

const finite: Check = (value) => typeof value === 'number' && Number.isFinite(value);
const markerShape: Check = has<Marker>({
  node: text,
  elapsedMs: finite,
  nBytes: whole,
  digest: text,
  at: finite,
});
const failureShape: Check = has<TaskFailure>({
  kind: text,
  message: text,
  action: (value) => value === undefined || text(value),
  node: text,
});

export class TaskFolder {
  readonly path: string;
  readonly plan: TaskPlan;

  constructor(path: string, plan: TaskPlan) {
    this.path = path;
    this.plan = plan;
  }

  get nJobs(): number {
    return Math.ceil(this.plan.nTasks / this.plan.tasksAJob);
  }

  /** Ranks of the tasks that one job runs. */
  ranksOf(job: number): readonly number[] {
    const { tasksAJob, nTasks } = this.plan;
    const first = job * tasksAJob;
    return Array.from({ length: Math.max(0, Math.min(tasksAJob, nTasks - first)) }, (_, i) => first + i);
  }

  task(rank: number): unknown {
    return readTask(this.path, rank);
  }

  result(rank: number): string {
    return this.#at('results', rank);
  }

  isDone(rank: number): boolean {
    return existsSync(this.#at('done', rank));
  }

  /** Whether all of a task's result is seen from here: a disk that is shared may show the marker first. */
  isWhole(rank: number): boolean {
    const marker = this.marker(rank);
    const stats = statSync(this.result(rank), { throwIfNoEntry: false });
    return marker !== undefined && stats?.size === marker.nBytes;
  }

  /** Undefined where the task is not done, and while what is there cannot be read yet. */
  marker(rank: number): Marker | undefined {
    const json = unlessGone(() => readFileSync(this.#at('done', rank), 'utf8'));
    return json === undefined ? undefined : parseJson<Marker>(json, markerShape);
  }

  mark(rank: number, marker: Marker): void {
    this.#write(this.#at('done', rank), marker);
    rmSync(this.#at('failed', rank), { force: true });
  }

  failure(rank: number): TaskFailure | undefined {
    const json = unlessGone(() => readFileSync(this.#at('failed', rank), 'utf8'));
    return json === undefined ? undefined : parseJson<TaskFailure>(json, failureShape);
  }

  fail(rank: number, failure: TaskFailure): void {
    this.#write(this.#at('failed', rank), failure);
  }

  /** Ranks of the thousand that `rank` is one of, in order, that are marked. */
  markedBeside(rank: number): readonly number[] {
    const folder = join(this.path, 'done', rankedFolder(rank));
    seeAnew(folder);
    const names = unlessGone(() => readdirSync(folder)) ?? [];
    return names
      .filter((name) => /^\d+$/.test(name))
      .map(Number)
      .sort((a, b) => a - b);
  }

  /** Files with what earlier attempts at a task had done, whole or in the middle of it. */
  parts(rank: number): readonly string[] {
    const folder = join(this.path, 'parts');
    const names = unlessGone(() => readdirSync(folder)) ?? [];
    return names.filter((name) => name.startsWith(`${rank}.`)).map((name) => join(folder, name));
  }

  newPart(rank: number): string {
    return join(this.path, 'parts', `${rank}.${randomUUID()}`);
  }

  /** Bytes of what attempts at these tasks have left by now: whether they get on. */
  partBytes(ranks: readonly number[]): number {
    const sizes = ranks
      .flatMap((rank) => this.parts(rank))
      .map((path) => statSync(path, { throwIfNoEntry: false })?.size ?? 0);
    return sizes.reduce((sum, n) => sum + n, 0);
  }

  logFile(name: string): string {
    return join(this.path, 'logs', name);
  }

  /** Forgets that a task was done: what it left cannot be used. */
  undo(rank: number): void {
    rmSync(this.#at('done', rank), { force: true });
    rmSync(this.result(rank), { force: true });
  }

  #at(kind: 'results' | 'done' | 'failed', rank: number): string {
    return join(this.path, kind, rankedFolder(rank), String(rank));
  }

  /** Never makes a folder: where it is gone, the plan is, and nobody waits for this. */
  #write(path: string, value: unknown): void {
    const draft = `${path}.${randomUUID()}`;
    writeFileSync(draft, JSON.stringify(value));
    renameSync(draft, path);
  }
}

/** A folder of another machine's disk may be listed as it was a minute ago, unless something in it has just been changed from here. */
function seeAnew(folder: string): void {
  const probe = join(folder, `.${randomUUID()}`);
  try {
    writeFileSync(probe, '');
    unlinkSync(probe);
  } catch {
    // A full disk makes it later, not wrong.
  }
}
