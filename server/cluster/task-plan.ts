// The plan of a study's tasks: a folder that is written once, as a whole, before the first of them runs. It says what is asked, and
// a task finds its own part by its rank without reading the others'.

import { createHash, randomUUID } from 'node:crypto';
import {
  appendFileSync,
  closeSync,
  mkdirSync,
  openSync,
  readFileSync,
  readSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { UserError } from '../errors.ts';
import { type Check, has, oneOf, parseJson, text, whole } from '../json-shape.ts';
import { pack, unpack } from './packed-value.ts';

/** What the tasks of a plan do. */
export type TaskKind = 'sample' | 'scan' | 'map' | 'index';

export interface TaskPlan {
  readonly version: 1;
  readonly kind: TaskKind;
  /** SHA-256 of what was asked, in hex: two requests for the same have the same. */
  readonly identity: string;
  readonly nTasks: number;
  /** Tasks that one job runs, one after the other. */
  readonly tasksAJob: number;
  /** SHA-256 of the file with what all tasks need, in hex. */
  readonly inputDigest: string;
}

export interface NewPlan extends Pick<TaskPlan, 'kind' | 'identity' | 'tasksAJob'> {
  /** What each task does, by rank. */
  readonly tasks: Iterable<unknown>;
  /** What all of them need. */
  readonly input: unknown;
}

const PLAN_FILE = 'plan.json';
const TASKS_FILE = 'tasks.jsonl';
const OFFSETS_FILE = 'tasks.offsets';
const INPUT_FILE = 'input';
/** Ranks whose files share a folder: no file system is glad of a hundred thousand names in one. */
export const RANKS_A_FOLDER = 1000;
/** What holds a file a rank. */
const RANKED = ['results', 'done', 'failed'] as const;

const whatPlansAre: Check = has<TaskPlan>({
  version: oneOf(1),
  kind: oneOf('sample', 'scan', 'map', 'index'),
  identity: text,
  nTasks: whole,
  tasksAJob: (value) => whole(value) && (value as number) > 0,
  inputDigest: text,
});

/** Writes a plan into `folder`, which is not there before and is whole as soon as it is. */
export function writeTaskPlan(folder: string, { tasks, input, ...asked }: NewPlan): TaskPlan {
  const draft = `${folder}.${randomUUID()}`;
  try {
    mkdirSync(draft, { recursive: true });
    const bytes = pack(input);
    writeFileSync(join(draft, INPUT_FILE), bytes);
    const nTasks = writeTasks(draft, tasks);
    for (const name of ['parts', 'logs']) mkdirSync(join(draft, name));
    for (const name of RANKED) {
      for (let first = 0; first < nTasks; first += RANKS_A_FOLDER)
        mkdirSync(join(draft, name, rankedFolder(first)), { recursive: true });
    }
    const plan: TaskPlan = { version: 1, ...asked, nTasks, inputDigest: digestOf(bytes) };
    writeFileSync(join(draft, PLAN_FILE), JSON.stringify(plan));
    renameSync(draft, folder);
    return plan;
  } catch (error) {
    rmSync(draft, { recursive: true, force: true });
    throw error;
  }
}

function writeTasks(folder: string, tasks: Iterable<unknown>): number {
  const offsets = [0];
  const file = openSync(join(folder, TASKS_FILE), 'wx');
  try {
    let held = '';
    let at = 0;
    const flush = () => {
      appendFileSync(file, held);
      held = '';
    };
    for (const task of tasks) {
      const line = `${JSON.stringify(task)}\n`;
      at += Buffer.byteLength(line);
      offsets.push(at);
      held += line;
      if (held.length > 1 << 20) flush();
    }
    flush();
  } finally {
    closeSync(file);
  }
  writeFileSync(join(folder, OFFSETS_FILE), new Uint8Array(Float64Array.from(offsets).buffer));
  return offsets.length - 1;
}

/** Undefined where there is none. */
export function readTaskPlan(folder: string): TaskPlan | undefined {
  const path = join(folder, PLAN_FILE);
  const json = unlessGone(() => readFileSync(path, 'utf8'));
  if (json === undefined) return undefined;
  const plan = parseJson<TaskPlan>(json, whatPlansAre);
  if (plan) return plan;
  throw new UserError(`${path} is no plan that this version of Verbatim can read`, {
    action: 'Run the version that wrote it, on the nodes as well, or remove the folder.',
  });
}

/** What the task of a rank is. */
export function readTask(folder: string, rank: number): unknown {
  const offsets = new Float64Array(2);
  readInto(join(folder, OFFSETS_FILE), new Uint8Array(offsets.buffer), 8 * rank);
  const line = new Uint8Array(offsets[1]! - offsets[0]!);
  readInto(join(folder, TASKS_FILE), line, offsets[0]!);
  return JSON.parse(new TextDecoder().decode(line));
}

/** All tasks, in the order of their ranks. */
export function* readTasks(folder: string, { nTasks }: TaskPlan): Generator<unknown, undefined> {
  const file = openSync(join(folder, TASKS_FILE), 'r');
  const decoder = new TextDecoder();
  const bytes = new Uint8Array(1 << 20);
  try {
    let held = '';
    for (let rank = 0; rank < nTasks; ) {
      const n = readSync(file, bytes, 0, bytes.length, null);
      if (n === 0) throw new UserError(`${folder} is cut short`, { action: 'Remove it.' });
      const lines = (held + decoder.decode(bytes.subarray(0, n), { stream: true })).split('\n');
      held = lines.pop()!;
      for (const line of lines) yield JSON.parse(line);
      rank += lines.length;
    }
  } finally {
    closeSync(file);
  }
}

/** What all tasks need. Throws where it is not what the plan was written with. */
export function readInput(folder: string, { inputDigest }: TaskPlan): unknown {
  const path = join(folder, INPUT_FILE);
  const bytes = readFileSync(path);
  if (digestOf(bytes) !== inputDigest)
    throw new UserError(`${path} is damaged`, { action: 'Remove the folder.' });
  return unpack(bytes);
}

/** Undefined where a file is not there: the work may be done, and its folder removed. */
export function unlessGone<T>(work: () => T): T | undefined {
  try {
    return work();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

export const rankedFolder = (rank: number): string =>
  String(Math.floor(rank / RANKS_A_FOLDER)).padStart(4, '0');

export const digestOf = (bytes: string | Uint8Array): string =>
  createHash('sha256').update(bytes).digest('hex');

function readInto(path: string, bytes: Uint8Array, at: number): void {
  const file = openSync(path, 'r');
  try {
    for (let done = 0; done < bytes.length; ) {
      const n = readSync(file, bytes, done, bytes.length - done, at + done);
      if (n === 0)
        throw new UserError(`${path} is cut short`, { action: 'Remove the folder that it lies in.' });
      done += n;
    }
  } finally {
    closeSync(file);
  }
}
