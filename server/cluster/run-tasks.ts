// Runs tasks on a node: goes on where earlier attempts stopped, keeps each piece as soon as it is done, and leaves one whole result
// and a marker a task. Running a task twice, or at the same time on two nodes, is harmless: each attempt has a file of its own, and
// results are the same whoever makes them.

import { createHash, randomUUID } from 'node:crypto';
import { createReadStream, readFileSync, renameSync, rmSync, statSync } from 'node:fs';
import { hostname } from 'node:os';
import { Cancelled, UserError, VerbatimError } from '../errors.ts';
import { reasonOf, systemFailure } from '../system-failure.ts';
import { pack, unpack } from './packed-value.ts';
import { RecordWriter, readRecords } from './record-file.ts';
import type { TaskFolder } from './task-folder.ts';
import { digestOf, unlessGone } from './task-plan.ts';

/** A piece of a task's work that is kept whole or not at all. */
export interface Piece {
  readonly rank: number;
  /** What of the task is done with it: numbers that mean something to the work alone. */
  readonly items: readonly number[];
  readonly value: unknown;
}

export interface OpenTask {
  readonly rank: number;
  readonly task: unknown;
  /** Items that earlier attempts have done. */
  readonly done: ReadonlySet<number>;
  /** Whether an earlier attempt failed by itself. */
  readonly hasFailed: boolean;
}

export interface Work {
  /** The pieces of these tasks that are not done, in any order. */
  pieces(tasks: readonly OpenTask[], signal: AbortSignal): AsyncIterable<Piece>;
  /** Whether these items are all that the task is. */
  isWhole(task: unknown, done: ReadonlySet<number>): boolean;
}

export interface TaskRun {
  readonly folder: TaskFolder;
  readonly ranks: readonly number[];
  /** Called where there is anything to do. */
  readonly open: () => Promise<Work>;
  readonly signal: AbortSignal;
  /** Hears of each piece that is kept. */
  readonly onPiece?: (piece: Piece) => void;
}

/** `gone`: the plan was removed, so nobody waits for its tasks any more. */
export type RunEnd = 'done' | 'gone';

export async function runTasks({ folder, ranks, open, signal, onPiece }: TaskRun): Promise<RunEnd> {
  const startedAt = performance.now();
  const attempts = new Map<number, Attempt>();
  try {
    for (const rank of ranks) if (!folder.isDone(rank)) attempts.set(rank, new Attempt(folder, rank));
    if (attempts.size === 0) return 'done';
    const work = await open();
    const end = async (attempt: Attempt) => {
      await attempt.finish(performance.now() - startedAt);
      attempts.delete(attempt.rank);
    };
    for (const attempt of [...attempts.values()])
      if (work.isWhole(attempt.task, attempt.done)) await end(attempt);
    if (attempts.size > 0) {
      for await (const piece of work.pieces([...attempts.values()], signal)) {
        const attempt = attempts.get(piece.rank)!;
        attempt.keep(piece);
        onPiece?.(piece);
        if (work.isWhole(attempt.task, attempt.done)) await end(attempt);
      }
    }
    if (signal.aborted) throw new Cancelled();
    const [left] = attempts.keys();
    if (left !== undefined) throw new Error(`Task ${left} came to an end before it was whole`);
    return 'done';
  } catch (error) {
    if (isGone(folder)) return 'gone';
    if (!(error instanceof Cancelled)) noteFailure(folder, [...attempts.keys()], error);
    throw error;
  } finally {
    for (const attempt of attempts.values()) attempt[Symbol.dispose]();
  }
}

const isGone = (folder: TaskFolder) => statSync(folder.path, { throwIfNoEntry: false }) === undefined;

/** What failed is told to whoever follows the tasks; a full disk has no room for that, and the log of the job has it. */
function noteFailure(folder: TaskFolder, ranks: readonly number[], cause: unknown): void {
  const error = systemFailure(cause) ?? cause;
  const [rank] = ranks;
  if (rank === undefined) return;
  const known = error instanceof VerbatimError;
  const kind = error instanceof UserError ? 'user' : known ? 'environment' : 'bug';
  const message = error instanceof Error ? error.message : reasonOf(error);
  try {
    folder.fail(rank, { kind, message, action: known ? error.action : undefined, node: nodeName() });
  } catch {}
}

/** The name under which the scheduler knows this machine, where it says so. */
export const nodeName = (): string => process.env.SLURMD_NODENAME ?? process.env.NODE_NAME ?? hostname();

/** One attempt at one task. */
class Attempt implements OpenTask, Disposable {
  readonly rank: number;
  readonly task: unknown;
  readonly done = new Set<number>();
  readonly hasFailed: boolean;
  readonly #folder: TaskFolder;
  /** Whole records of earlier attempts: how many of each file, since another attempt may go on with it at this moment. */
  readonly #earlier: readonly { readonly path: string; readonly nRecords: number }[];
  readonly #path: string;
  #part: RecordWriter | undefined;

  constructor(folder: TaskFolder, rank: number) {
    this.#folder = folder;
    this.rank = rank;
    this.task = folder.task(rank);
    this.hasFailed = folder.failure(rank) !== undefined;
    this.#path = folder.newPart(rank);
    this.#earlier = folder.parts(rank).map((path) => ({ path, nRecords: this.#take(path) }));
  }

  #take(path: string): number {
    let nRecords = 0;
    unlessGone(() => {
      for (const record of readRecords(path)) {
        for (const item of (unpack(record) as Piece).items) this.done.add(item);
        nRecords++;
      }
    });
    return nRecords;
  }

  keep({ rank, items, value }: Piece): void {
    this.#part ??= new RecordWriter(this.#path);
    this.#part.append(pack({ rank, items, value }));
    for (const item of items) this.done.add(item);
  }

  /** Puts the result in its place, then says that it is there. */
  async finish(elapsedMs: number): Promise<void> {
    this.#part?.[Symbol.dispose]();
    const result = this.#folder.result(this.rank);
    const draft = `${result}.${randomUUID()}`;
    try {
      if (!this.#writeResult(draft)) return;
      const { size } = statSync(draft);
      const digest = await digestOfFile(draft);
      renameSync(draft, result);
      const at = Date.now();
      this.#folder.mark(this.rank, { node: nodeName(), elapsedMs, nBytes: size, digest, at });
    } catch (error) {
      rmSync(draft, { force: true });
      throw error;
    }
    for (const path of [...this.#earlier.map((part) => part.path), this.#path]) rmSync(path, { force: true });
  }

  /** False where another attempt was faster, and has removed what this one would go on with. */
  #writeResult(draft: string): boolean {
    using out = new RecordWriter(draft);
    const taken = new Set<number>();
    const own = { path: this.#path, nRecords: this.#part ? Number.POSITIVE_INFINITY : 0 };
    for (const { path, nRecords } of [...this.#earlier, own]) {
      let n = 0;
      const isThere = unlessGone(() => {
        for (const record of nRecords === 0 ? [] : readRecords(path)) {
          if (n++ === nRecords) break;
          const { items } = unpack(record) as Piece;
          // Two attempts may both have left the same piece.
          if (items.length > 0 && items.every((item) => taken.has(item))) continue;
          for (const item of items) taken.add(item);
          out.append(record);
        }
        return true;
      });
      if (isThere) continue;
      if (this.#folder.isDone(this.rank)) {
        out[Symbol.dispose]();
        rmSync(draft, { force: true });
        return false;
      }
      throw new Error(`${path} is gone`);
    }
    out.end();
    return true;
  }

  [Symbol.dispose](): void {
    this.#part?.[Symbol.dispose]();
  }
}

const READ_AT_ONCE_BYTES = 16 << 20;

export async function digestOfFile(path: string): Promise<string> {
  if (statSync(path).size <= READ_AT_ONCE_BYTES) return digestOf(readFileSync(path));
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path)) hash.update(chunk as Buffer);
  return hash.digest('hex');
}
