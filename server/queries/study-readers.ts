// Answers what is asked of study files through processes that read nothing else, each with its limits: one for what
// views wait for, one for what takes longer, and one for each computation.

import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { getStudy } from '../../protocol/requests.ts';
import type { StudySummary } from '../../protocol/study.ts';
import { EnvironmentError, UserError } from '../errors.ts';
import {
  type DeadlyStudies,
  type LaneLimits,
  type Question,
  ReaderLane,
  UnreadableStudy,
} from './reader-lane.ts';
import type { Lane } from './study-messages.ts';

/** A million fragments take a tenth of each. */
const USUAL: Readonly<Record<Lane, LaneLimits>> = {
  quick: { cpuMs: 10_000, heapMb: 1024, idleMs: null },
  slow: { cpuMs: 120_000, heapMb: 2048, idleMs: 60_000 },
  alone: { cpuMs: 300_000, heapMb: 4096, idleMs: null },
};

export class StudyReaders implements Disposable {
  /** What one lane has found out, the others need not. */
  readonly #deadly: DeadlyStudies = new Map();
  readonly #limits: Readonly<Record<Lane, LaneLimits>>;
  readonly #lanes: Readonly<Record<Exclude<Lane, 'alone'>, ReaderLane>>;

  constructor(limits: Partial<Record<Lane, LaneLimits>> = {}) {
    this.#limits = { ...USUAL, ...limits };
    const lane = (name: Lane) => new ReaderLane(this.#limits[name], this.#deadly);
    this.#lanes = { quick: lane('quick'), slow: lane('slow') };
  }

  /** So that the first view does not wait for a process to start. */
  start(): void {
    this.#lanes.quick.start();
  }

  async ask(lane: Lane, question: Question): Promise<unknown> {
    if (lane !== 'alone') return await this.#lanes[lane].ask(question);
    using own = new ReaderLane(this.#limits.alone, this.#deadly);
    return await own.ask(question);
  }

  /** The studies of a folder, the newest first. What is no study, and what cannot be read, hides no other. */
  async listStudies(folder: string, signal: AbortSignal): Promise<readonly StudySummary[]> {
    const names = statSync(folder, { throwIfNoEntry: false })?.isDirectory() ? readdirSync(folder) : [];
    const found = await Promise.all(
      names
        .filter((name) => name.endsWith('.sqlite'))
        .map((name) => this.#summaryOrNone(join(folder, name), signal)),
    );
    return found.flatMap((study) => study ?? []).sort((a, b) => (a.createdAt < b.createdAt ? 1 : -1));
  }

  async #summary(study: string, signal: AbortSignal): Promise<StudySummary> {
    const question = { method: getStudy.method, params: { study }, disclosure: 'masked', signal } as const;
    return (await this.ask('quick', question)) as StudySummary;
  }

  /** Throws for a study that no process should open which is needed for more than reading it. */
  async refuseUnreadable(study: string, signal: AbortSignal): Promise<void> {
    if (!existsSync(study)) return;
    await this.#summary(study, signal).catch((error) => {
      if (error instanceof UnreadableStudy) throw error;
    });
  }

  async #summaryOrNone(study: string, signal: AbortSignal): Promise<StudySummary | undefined> {
    try {
      return await this.#summary(study, signal);
    } catch (error) {
      // Another program's database, a study that has only just been created, or one that is damaged.
      if (error instanceof UserError || error instanceof EnvironmentError) return undefined;
      throw error;
    }
  }

  [Symbol.dispose](): void {
    for (const lane of Object.values(this.#lanes)) lane[Symbol.dispose]();
  }
}
