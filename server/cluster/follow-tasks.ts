// Follows the tasks of a plan to their end: hands jobs over, gives each result out as it comes, and sees to it that what was lost is
// done again. It keeps nothing that a scheduler or the plan's folder does not know, so that any process can go on with it.

import { setTimeout as sleep } from 'node:timers/promises';
import { Cancelled, HandedOver } from '../errors.ts';
import { type JobQueue, type QueueState, SchedulerSilent } from './job-queue.ts';
import { LostJobs } from './lost-jobs.ts';
import type { TaskFolder } from './task-folder.ts';
import { RANKS_A_FOLDER } from './task-plan.ts';
import { waitingWords } from './waiting-words.ts';

export interface Following {
  readonly folder: TaskFolder;
  readonly queue: JobQueue;
  /** For each task, 1 where there is anything in it that has not been merged yet. */
  readonly wanted: Uint8Array;
  readonly signal: AbortSignal;
  /** Whether jobs are taken back when the signal says to stop. */
  readonly whenStopped: () => 'cancel' | 'leave';
  /** Whether the jobs are only handed over, and left alone. */
  readonly once: boolean;
  /** How things stand, in words. */
  readonly say: (words: string) => void;
  /** Between two looks: the first, and the longest after a while of nothing new. */
  readonly pollMs?: readonly [least: number, most: number];
}

const POLL_MS = [1000, 60_000] as const;
/** The longer it has taken by now, the less often it is looked: at this share of the time. */
const POLL_SHARE = 1 / 20;
/** A controller that is being restarted, or has too much to do, is asked again so many times. */
const MOST_SILENCES = 60;

/** The ranks of tasks as they are done. */
export async function* followTasks(following: Following): AsyncGenerator<number> {
  const { folder, queue, signal, say, pollMs: [least, most] = POLL_MS } = following;
  const left = new Left(folder, following.wanted);
  const lost = new LostJobs(folder, queue);
  let isStarted = false;
  const startedAt = performance.now();
  let nSilences = 0;
  let outcome: 'left' | 'done' | 'failed' = 'left';
  try {
    while (left.n > 0) {
      if (signal.aborted) throw new Cancelled();
      // In this order: what leaves the queue in between is done by then.
      const state = await unlessSilent(queue.look());
      for (const rank of left.takeDone()) {
        yield rank;
        if (signal.aborted) throw new Cancelled();
      }
      if (left.n === 0) break;
      if (state instanceof SchedulerSilent) {
        if (++nSilences > MOST_SILENCES) throw state;
        say(`${state.message}; it is asked again`);
      } else {
        const missing = left.jobs().filter((job) => !state.has(job));
        if (!isStarted && state.nRunning + state.nWaiting === 0) lost.expect(missing);
        isStarted = true;
        const toSubmit = await lost.examine(missing);
        const taken = toSubmit.length > 0 ? queue.submit(toSubmit, lost.excluded()) : Promise.resolve(0);
        const answer = await unlessSilent(taken);
        nSilences = answer instanceof SchedulerSilent ? nSilences + 1 : 0;
        const nTaken = answer instanceof SchedulerSilent ? 0 : answer;
        lost.submitted(toSubmit.slice(0, nTaken));
        const words = describe(state, left, nTaken);
        say(words);
        if (following.once && missing.length === nTaken) {
          await queue.thenRun?.();
          throw new HandedOver(words, { isForShow: false });
        }
      }
      const delayMs = Math.min(most, Math.max(least, POLL_SHARE * (performance.now() - startedAt)));
      await sleep(delayMs, undefined, { signal }).catch(() => {});
    }
    outcome = 'done';
  } catch (error) {
    if (!(error instanceof HandedOver)) outcome = 'failed';
    throw error;
  } finally {
    // Whoever merges may have failed, too: then the jobs go on, and so can the study.
    const isStopped = signal.aborted && outcome !== 'done' && following.whenStopped() === 'cancel';
    if (isStopped || (outcome === 'failed' && !signal.aborted)) await queue.cancel();
  }
}

async function unlessSilent<T>(answer: Promise<T>): Promise<T | SchedulerSilent> {
  try {
    return await answer;
  } catch (error) {
    if (error instanceof SchedulerSilent) return error;
    throw error;
  }
}

function describe(state: QueueState, { nTasks, n }: Left, nSubmitted: number): string {
  const handed = nSubmitted > 0 ? [`${nSubmitted} ${nSubmitted === 1 ? 'job' : 'jobs'} handed over`] : [];
  const running = state.nRunning > 0 ? [`${state.nRunning} running`] : [];
  const done = `${nTasks - n} of ${nTasks} tasks done`;
  return [done, ...running, ...waitingWords(state), ...handed].join(', ');
}

/** The tasks that are still to be merged: a byte each. */
class Left {
  readonly nTasks: number;
  n = 0;
  readonly #isLeft: Uint8Array;
  readonly #folder: TaskFolder;
  /** How many of each thousand. */
  readonly #nLeft: number[] = [];

  constructor(folder: TaskFolder, wanted: Uint8Array) {
    this.#folder = folder;
    this.nTasks = folder.plan.nTasks;
    this.#isLeft = new Uint8Array(this.nTasks);
    for (let rank = 0; rank < this.nTasks; rank++) {
      const thousand = Math.floor(rank / RANKS_A_FOLDER);
      this.#nLeft[thousand] ??= 0;
      if (wanted[rank] !== 1) continue;
      this.#isLeft[rank] = 1;
      this.#nLeft[thousand]!++;
      this.n++;
    }
  }

  *takeDone(): Generator<number, undefined> {
    for (const [thousand, nLeft] of this.#nLeft.entries()) {
      if (nLeft === 0) continue;
      for (const rank of this.#folder.markedBeside(thousand * RANKS_A_FOLDER)) {
        if (this.#isLeft[rank] !== 1 || !this.#folder.isWhole(rank)) continue;
        this.#isLeft[rank] = 0;
        this.#nLeft[thousand]!--;
        this.n--;
        yield rank;
      }
    }
  }

  jobs(): readonly number[] {
    const { tasksAJob } = this.#folder.plan;
    const jobs: number[] = [];
    let last = -1;
    for (let rank = 0; rank < this.nTasks; rank++) {
      if (this.#isLeft[rank] === 0) continue;
      const job = Math.floor(rank / tasksAJob);
      if (job !== last) jobs.push(job);
      last = job;
    }
    return jobs;
  }
}
