// Slurm as a queue of jobs: arrays under one name a study, so that any process finds them again. What an array stands for is in its
// comment: the folder of its plan, and the job that its index 0 is.

import { appendFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { EnvironmentError, UserError } from '../../errors.ts';
import { type JobEnding, type JobQueue, type QueueState, SchedulerSilent } from '../job-queue.ts';
import type { TaskFolder } from '../task-folder.ts';
import { digestOf, unlessGone } from '../task-plan.ts';
import { printIndices } from './array-indices.ts';
import { jobScript, type LastJob, lastScript, type NodeCommand, quoteIfNeeded } from './job-script.ts';
import { endedElements } from './job-states.ts';
import { LAST_COMMENT, type LiveArray, listArrays, type Submission, tasksComment } from './live-arrays.ts';
import { type Answer, ask, wordsOf } from './run-program.ts';

export interface SlurmSettings {
  /** Absolute path of the study file. */
  readonly study: string;
  readonly folder: TaskFolder;
  readonly command: NodeCommand;
  /** How `verbatim` is started where it has to ask Slurm, which an image mostly does not hold. */
  readonly lastCommand: NodeCommand;
  /** Options for sbatch, as a list. */
  readonly options: readonly string[];
  /** Most jobs that run at the same time. */
  readonly maxRunning: number;
  /** Arguments of `verbatim`, and the folder to run it in, for a job after all others. */
  readonly lastJob: LastJob | undefined;
}

/** Seconds before a job is ended at which it is told to keep what it has. */
const NOTICE_S = 90;
const SUBMISSIONS = 'submissions';

/** Whether jobs of a plan were ever handed over to Slurm. */
export const hasSubmissions = ({ path }: Pick<TaskFolder, 'path'>): boolean =>
  existsSync(join(path, SUBMISSIONS));

/** One name for every process that opens the study, and for no other study. */
export const jobName = (study: string): string =>
  `verbatim-${basename(study)
    .replace(/\.sqlite$/, '')
    .replace(/[^\w.-]/g, '_')
    .slice(0, 40)}-${digestOf(study).slice(0, 8)}`;

export class SlurmQueue implements JobQueue {
  readonly #settings: SlurmSettings;
  readonly #name: string;
  /** What a refusal to take more at once has taught. */
  #mostAtOnce = Number.POSITIVE_INFINITY;
  #maxArraySize: number | undefined;
  #throttle: { readonly jobId: number; limit: number } | undefined;
  #nLive = 0;
  readonly #nReleases = new Map<string, number>();

  constructor(settings: SlurmSettings) {
    this.#settings = settings;
    this.#name = jobName(settings.study);
  }

  async look(): Promise<QueueState> {
    const live = new Set<number>();
    const reasons = new Map<string, number>();
    const known = new Set(this.#submissions().map(({ jobId }) => jobId));
    let [nRunning, nWaiting, nOthers] = [0, 0, 0];
    for (const { jobId, firstJob, indices, isWaiting, isLast, reason } of await this.#squeue()) {
      if (isLast) continue;
      // Whoever handed it over died before it could note that.
      if (!known.has(jobId)) this.#note({ jobId, firstJob });
      known.add(jobId);
      for (const index of indices) {
        live.add(firstJob + index);
        if (isWaiting) {
          nWaiting++;
          reasons.set(reason, (reasons.get(reason) ?? 0) + 1);
          if (LAUNCH_FAILED.test(reason)) await this.#release(`${jobId}_${index}`);
        } else nRunning++;
        if (jobId !== this.#throttle?.jobId) nOthers++;
      }
    }
    this.#nLive = live.size;
    await this.#loosen(nOthers);
    return { has: (job) => live.has(job), nRunning, nWaiting, reasons };
  }

  /** A node that could not start a job leaves it on hold; another node can. */
  async #release(job: string): Promise<void> {
    const n = this.#nReleases.get(job) ?? 0;
    if (n >= MOST_RELEASES) return;
    this.#nReleases.set(job, n + 1);
    await ask('scontrol', ['release', job]);
  }

  /** The newest array takes the room that older ones leave. */
  async #loosen(nOthers: number): Promise<void> {
    const throttle = this.#throttle;
    const limit = Math.max(1, this.#settings.maxRunning - nOthers);
    if (throttle === undefined || limit <= throttle.limit) return;
    throttle.limit = limit;
    // An array that has ended in the meantime is no trouble.
    await ask('scontrol', ['update', `JobId=${throttle.jobId}`, `ArrayTaskThrottle=${limit}`]);
  }

  async submit(jobs: readonly number[], excludedNodes: readonly string[]): Promise<number> {
    const { maxRunning } = this.#settings;
    this.#maxArraySize ??= await maxArraySize();
    const size = this.#maxArraySize;
    const room = maxRunning - this.#nLive;
    // The rest waits here rather than in the queue, as soon as there are as many as may run.
    if (room <= 0) return 0;
    const firstJob = Math.floor(jobs[0]! / size) * size;
    const part = jobs.filter((job) => job < firstJob + size).slice(0, this.#mostAtOnce);
    const args = this.#sbatchArgs(part, firstJob, Math.min(room, maxRunning), excludedNodes);
    writeFileSync(this.#scriptFile(), this.#script());
    const answer = await ask('sbatch', args);
    if (isSilence(answer)) throw new SchedulerSilent(wordsOf(answer, 'sbatch'));
    // There may be no other nodes than those that were to be left out: then these have to do.
    if (answer.exitCode !== 0 && excludedNodes.length > 0) return this.submit(jobs, []);
    if (answer.exitCode !== 0) return this.#refused(wordsOf(answer, 'sbatch'), part.length);
    const jobId = Number.parseInt(answer.stdout, 10);
    if (!Number.isSafeInteger(jobId))
      throw new EnvironmentError(`sbatch named no job: ${answer.stdout.trim()}`);
    this.#note({ jobId, firstJob });
    this.#throttle = { jobId, limit: Math.min(room, maxRunning) };
    return part.length;
  }

  /** A limit on how much a user may hand over is met with less; anything else is told in sbatch's own words. */
  #refused(words: string, nJobs: number): number {
    const isTooMuch =
      /submit limit|QOSMaxSubmit|AssocMaxSubmit|temporarily un|try again|array specification/i.test(words);
    if (isTooMuch && (nJobs > 1 || this.#nLive > 0)) {
      this.#mostAtOnce = Math.max(1, Math.floor(nJobs / 2));
      return 0;
    }
    throw new UserError(`sbatch refused the jobs: ${words}`, {
      action: 'Change what --sbatch says. See sinfo for the partitions of the cluster.',
    });
  }

  #script(): string {
    const { study, folder, command } = this.#settings;
    return jobScript({ study, folder: folder.path, command });
  }

  #scriptFile(): string {
    return join(this.#settings.folder.path, 'job.sh');
  }

  /** What sbatch is started with, for some of the jobs from `firstJob` on. */
  #sbatchArgs(
    jobs: readonly number[],
    firstJob: number,
    limit: number,
    excludedNodes: readonly string[] = [],
  ): readonly string[] {
    const { folder, options } = this.#settings;
    const indices = printIndices(jobs.map((job) => job - firstJob));
    return [
      ...options,
      '--parsable',
      `--job-name=${this.#name}`,
      `--array=${indices}%${limit}`,
      `--output=${folder.logFile('%A_%a')}`,
      '--open-mode=append',
      '--requeue',
      `--signal=B:USR2@${NOTICE_S}`,
      `--comment=${tasksComment(basename(folder.path), firstJob)}`,
      ...(excludedNodes.length > 0 ? [`--exclude=${excludedNodes.join(',')}`] : []),
      this.#scriptFile(),
      String(firstJob),
    ];
  }

  async preview(): Promise<string> {
    const size = await maxArraySize().catch(() => MAX_ARRAY_SIZE);
    const { folder, maxRunning } = this.#settings;
    const lines: string[] = [];
    for (let first = 0; first < folder.nJobs; first += size) {
      const jobs = Array.from({ length: Math.min(size, folder.nJobs - first) }, (_, i) => first + i);
      lines.push(['sbatch', ...this.#sbatchArgs(jobs, first, maxRunning)].map(quoteIfNeeded).join(' '));
    }
    const jobs = `${this.#script()}\n# ${folder.plan.nTasks} tasks, ${folder.plan.tasksAJob} a job:\n${lines.join('\n')}`;
    const { lastJob, lastCommand } = this.#settings;
    if (lastJob === undefined) return jobs;
    const last = ['sbatch', ...this.#lastArgs(['JOBS'])].map(quoteIfNeeded).join(' ');
    return `${jobs}\n\n${lastScript(lastCommand, lastJob)}\n# Then, once, with the numbers of the arrays:\n${last}`;
  }

  /** With `afterany`, since `afterok` would wait for ever after one failure; what failed is then looked into. */
  async thenRun(): Promise<void> {
    const { lastJob, lastCommand } = this.#settings;
    if (lastJob === undefined) return;
    const live = await this.#squeue();
    if (live.some(({ isLast, jobId }) => isLast && String(jobId) !== process.env.SLURM_JOB_ID)) return;
    const arrays = [...new Set(live.filter(({ isLast }) => !isLast).map(({ jobId }) => String(jobId)))];
    writeFileSync(this.#lastScriptFile(), lastScript(lastCommand, lastJob));
    const answer = await ask('sbatch', this.#lastArgs(arrays));
    if (answer.exitCode === 0) return;
    throw new UserError(`sbatch refused the last job: ${wordsOf(answer, 'sbatch')}`, {
      action: 'The others go on. Run the same command again, without --no-wait, to follow them.',
    });
  }

  #lastScriptFile(): string {
    return join(dirname(this.#settings.folder.path), 'last-job.sh');
  }

  /** What sbatch is started with for the job after these arrays. */
  #lastArgs(arrays: readonly string[]): readonly string[] {
    const { study, options } = this.#settings;
    return [
      ...options,
      '--parsable',
      `--job-name=${this.#name}`,
      ...(arrays.length > 0 ? [`--dependency=afterany:${arrays.join(':')}`] : []),
      `--output=${study}.last-job.log`,
      '--open-mode=append',
      '--requeue',
      `--comment=${LAST_COMMENT}`,
      this.#lastScriptFile(),
    ];
  }

  async endings(jobs: readonly number[]): Promise<ReadonlyMap<number, JobEnding>> {
    const wanted = new Set(jobs);
    const endings = new Map<number, JobEnding>();
    // The newest array that held a job tells how it ended last.
    for (const { jobId, firstJob } of [...this.#submissions()].reverse()) {
      if (endings.size === wanted.size) break;
      for (const { index, ...ending } of await endedElements(jobId)) {
        const job = firstJob + index;
        if (!wanted.has(job) || endings.has(job)) continue;
        endings.set(job, { ...ending, log: this.#settings.folder.logFile(`${jobId}_${index}`) });
      }
    }
    return endings;
  }

  async cancel(): Promise<void> {
    // The last job may be this one.
    const live = (await this.#squeue()).filter(({ jobId }) => String(jobId) !== process.env.SLURM_JOB_ID);
    if (live.length > 0) await ask('scancel', [...new Set(live.map(({ jobId }) => String(jobId)))]);
  }

  #squeue(): Promise<readonly LiveArray[]> {
    return listArrays(this.#name, basename(this.#settings.folder.path));
  }

  #submissions(): readonly Submission[] {
    const text = unlessGone(() => readFileSync(join(this.#settings.folder.path, SUBMISSIONS), 'utf8')) ?? '';
    return text.split('\n').flatMap((line) => {
      const [jobId, firstJob] = line.split(' ').map(Number);
      return jobId !== undefined && firstJob !== undefined ? [{ jobId, firstJob }] : [];
    });
  }

  #note({ jobId, firstJob }: Submission): void {
    appendFileSync(join(this.#settings.folder.path, SUBMISSIONS), `${jobId} ${firstJob}\n`);
  }
}

const LAUNCH_FAILED = /^launch failed requeued held/i;
const MOST_RELEASES = 5;

const isSilence = ({ exitCode, stderr }: Answer): boolean =>
  exitCode !== 0 &&
  /unable to contact|communication|connection refused|timed out|zero bytes|controller.*not resp/i.test(
    stderr,
  );

/** Slurm's own default, where it does not say. */
const MAX_ARRAY_SIZE = 1001;

async function maxArraySize(): Promise<number> {
  const { stdout } = await ask('scontrol', ['show', 'config']);
  const size = Number(/^MaxArraySize\s*=\s*(\d+)/m.exec(stdout)?.[1]);
  return size > 0 ? size : MAX_ARRAY_SIZE;
}
