// What to do about jobs that are in no queue any more while their tasks are not done. Lost to the machine (a node that failed, a
// job that had to make room, a time limit) they are handed over again and go on where they stopped. What fails by itself fails
// a few times, on other nodes, and is then told.

import { appendFileSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { EnvironmentError, UserError } from '../errors.ts';
import type { JobEnding, JobQueue } from './job-queue.ts';
import { lastLines } from './last-lines.ts';
import type { TaskFailure, TaskFolder } from './task-folder.ts';
import { unlessGone } from './task-plan.ts';

/** A marker may be seen later than the queue tells that its job has ended: so many looks are waited for it. */
const LOOKS_UNTIL_LOST = 2;
const MOST_ATTEMPTS = 3;
/** Who is killed says nothing of why: by somebody, or by a system that is short of memory. */
const MOST_KILLS = 6;
/** Against a job that is preempted, or whose nodes fail, for ever. */
const MOST_RETURNS = 50;
/** Failures of different jobs on one node, after which no more are sent there. */
const FAILURES_OF_A_NODE = 2;
const MOST_EXCLUDED = 50;

interface History {
  /** Looks since it was last in the queue. */
  nLooks: number;
  nFailed: number;
  nReturned: number;
  /** Bytes that it had left when it was last lost. */
  partBytes: number;
}

export class LostJobs {
  readonly #folder: TaskFolder;
  readonly #queue: JobQueue;
  readonly #histories = new Map<number, History>();
  readonly #failuresOf = new Map<string, number>();
  readonly #excluded = new Set<string>();
  /** Jobs that no submission has reached yet. */
  readonly #waiting = new Set<number>();

  constructor(folder: TaskFolder, queue: JobQueue) {
    this.#folder = folder;
    this.#queue = queue;
    for (const [job, nFailed] of readFailures(folder)) this.#history(job).nFailed = nFailed;
  }

  excluded(): readonly string[] {
    return [...this.#excluded];
  }

  /** Nobody has handed these over yet. */
  expect(jobs: readonly number[]): void {
    for (const job of jobs) this.#waiting.add(job);
  }

  submitted(jobs: readonly number[]): void {
    for (const job of jobs) this.#waiting.delete(job);
  }

  /** Which to hand over now of those that are not in the queue. Throws what must be told instead. */
  async examine(missing: readonly number[]): Promise<readonly number[]> {
    const isMissing = new Set(missing);
    for (const [job, history] of this.#histories) if (!isMissing.has(job)) history.nLooks = 0;
    const lost = missing.filter((job) => {
      if (this.#waiting.has(job)) return false;
      const history = this.#history(job);
      return ++history.nLooks >= LOOKS_UNTIL_LOST;
    });
    if (lost.length > 0) {
      const endings = await this.#queue.endings(lost);
      for (const job of lost) {
        this.#judge(job, endings.get(job) ?? NOT_KNOWN);
        this.#history(job).nLooks = 0;
        this.#waiting.add(job);
      }
    }
    return missing.filter((job) => this.#waiting.has(job));
  }

  #history(job: number): History {
    const known = this.#histories.get(job);
    if (known) return known;
    const made = { nLooks: 0, nFailed: 0, nReturned: 0, partBytes: 0 };
    this.#histories.set(job, made);
    return made;
  }

  #judge(job: number, ending: JobEnding): void {
    const history = this.#history(job);
    const ranks = this.#folder.ranksOf(job);
    const failure = ranks.map((rank) => this.#folder.failure(rank)).find((one) => one !== undefined);
    if (failure?.kind === 'user') throw toError(failure);
    const partBytes = this.#folder.partBytes(ranks);
    const gotOn = partBytes !== history.partBytes;
    history.partBytes = partBytes;
    if (ending.kind === 'cancelled') {
      throw new EnvironmentError(`${ending.words}: somebody else took the jobs of this study back`, {
        action: 'What was finished is kept. Run the same command again to go on.',
      });
    }
    if (ending.kind === 'node failed' && ending.node !== undefined) this.#exclude(ending.node);
    if (isLostToMachine(ending, failure, gotOn)) {
      this.#giveBack(history, ending);
      return;
    }
    const node = ending.node ?? failure?.node;
    if (node !== undefined && ending.kind !== 'killed') {
      const n = (this.#failuresOf.get(node) ?? 0) + 1;
      this.#failuresOf.set(node, n);
      if (n >= FAILURES_OF_A_NODE || CANNOT_BEGIN.has(ending.kind)) this.#exclude(node);
    }
    const most = ending.kind === 'killed' ? MOST_KILLS : MOST_ATTEMPTS;
    if (++history.nFailed < most) {
      appendFileSync(failuresFile(this.#folder), `${job}\n`);
      return;
    }
    // Whoever runs the study again gives it as many tries again.
    rmSync(failuresFile(this.#folder), { force: true });
    throw failure === undefined ? endingError(ending, this.#folder.path) : toError(failure);
  }

  #giveBack(history: History, ending: JobEnding): void {
    if (++history.nReturned < MOST_RETURNS) return;
    throw new EnvironmentError(`A job was lost ${MOST_RETURNS} times, at last with: ${ending.words}`, {
      action: 'Ask those who run the cluster, or name another partition with --sbatch.',
    });
  }

  #exclude(node: string): void {
    if (this.#excluded.size < MOST_EXCLUDED) this.#excluded.add(node);
  }
}

/** What every job on the same node would meet. */
const CANNOT_BEGIN: ReadonlySet<JobEnding['kind']> = new Set(['did not see the folder', 'has no program']);

/** The job of each failure by now, a line each: another process may go on. */
const failuresFile = ({ path }: TaskFolder): string => join(path, 'failures');

function readFailures(folder: TaskFolder): ReadonlyMap<number, number> {
  const text = unlessGone(() => readFileSync(failuresFile(folder), 'utf8')) ?? '';
  const counts = new Map<number, number>();
  for (const line of text.split('\n'))
    if (/^\d+$/.test(line)) counts.set(Number(line), (counts.get(Number(line)) ?? 0) + 1);
  return counts;
}

/** Nothing is wrong with the work itself, so that it is worth any number of tries. */
function isLostToMachine({ kind }: JobEnding, failure: TaskFailure | undefined, gotOn: boolean): boolean {
  if (kind === 'node failed') return true;
  // The scheduler may have forgotten it, and where it says nothing of itself, it was killed.
  if (kind === 'preempted' || kind === 'unknown') return failure === undefined;
  return gotOn && (kind === 'timed out' || kind === 'killed');
}

const NOT_KNOWN: JobEnding = {
  kind: 'unknown',
  node: undefined,
  words: 'it is not known how it ended',
  log: undefined,
};

function toError({ kind, message, action, node }: TaskFailure): Error {
  const options = action === undefined ? {} : { action };
  if (kind === 'user') return new UserError(`On ${node}: ${message}`, options);
  return new EnvironmentError(`On ${node}: ${message}`, options);
}

function endingError({ kind, words, node, log }: JobEnding, folder: string): Error {
  const where = node === undefined ? '' : ` on ${node}`;
  const said = log === undefined ? '' : lastLines(log);
  const told = said === '' ? '' : ` Its log ends with: ${said}`;
  const lines: Partial<Record<JobEnding['kind'], readonly [what: string, action: string]>> = {
    'timed out': [
      `A job reached its time limit${where} before it had finished one piece of its work (${words})`,
      'Give jobs more time, as in --sbatch "--time=4:00:00", or a smaller --batch.',
    ],
    'out of memory': [
      `A job was ended${where} because it took more memory than it had asked for (${words}).${told}`,
      'Ask for more, as in --sbatch "--mem=16G".',
    ],
    killed: [
      `A job was killed${where} ${MOST_KILLS} times before it had finished one piece of its work (${words})`,
      'It may need more memory, as in --sbatch "--mem=16G", or a smaller --batch.',
    ],
    'did not see the folder': [
      `The nodes do not see ${folder}: ${words}${where}`,
      'Put the study into a folder that all nodes share, such as one of a network file system.',
    ],
    'has no program': [
      `A job could not begin${where} (${words}).${told}`,
      'Nodes need what the jobs run: Verbatim and its Node in a folder that all of them share, or apptainer and the image of --container.',
    ],
    completed: [
      `A job came to its end${where}, and its results are not in ${folder}`,
      'Put the study into a folder that all nodes share; a local disk of the same name is not the same folder.',
    ],
  };
  const [what, action] = lines[kind] ?? [
    `A job failed${where} again and again (${words}).${told}`,
    log === undefined ? 'See the logs of the jobs.' : `See ${log}.`,
  ];
  return new EnvironmentError(what, { action });
}
