// One process that reads study files, and what is asked of it. When it dies, what it was at is found out by asking each
// open question once more, one at a time: whoever is alone with a process that dies is to blame, and the others get
// their answers.

import { type ChildProcess, fork } from 'node:child_process';
import { statSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Disclosure } from '../answers/undisclosed.ts';
import { Cancelled, EnvironmentError, UserError } from '../errors.ts';
import { programUrl } from '../program-url.ts';
import type { ReaderAnswer, ReaderRequest } from './reader-messages.ts';
import { toError } from './reader-messages.ts';

export interface Question {
  readonly method: string;
  readonly params: unknown;
  readonly disclosure: Disclosure;
  readonly signal: AbortSignal;
}

interface Asked extends Question {
  readonly id: number;
  readonly startedAt: number;
  readonly settle: { resolve(result: unknown): void; reject(error: unknown): void };
}

export interface LaneLimits {
  /** Milliseconds of the processor's time that one piece of work may take. */
  readonly cpuMs: number;
  readonly heapMb: number;
  /** How long the process waits for another question before it ends; null for ever. */
  readonly idleMs: number | null;
}

/** Studies that killed a process, with what their files were like. */
export type DeadlyStudies = Map<string, string>;

const processUrl = programUrl('./reader-process.ts', import.meta.url);

export class ReaderLane implements Disposable {
  readonly #limits: LaneLimits;
  readonly #asked = new Map<number, Asked>();
  /** Asked of a process that died; the first is being tried alone. */
  readonly #suspects: Asked[] = [];
  /** What came while suspects are tried. */
  readonly #waiting: Asked[] = [];
  readonly #deadly: DeadlyStudies;
  #process: ChildProcess | undefined;
  #idle: NodeJS.Timeout | undefined;
  #lastId = 0;

  constructor(limits: LaneLimits, deadly: DeadlyStudies = new Map()) {
    this.#limits = limits;
    this.#deadly = deadly;
  }

  /** So that the first question does not wait for it. */
  start(): void {
    this.#process ??= this.#fork();
  }

  /** Rejects as the work itself does, and with a `UserError` for a study that takes too much. */
  ask(question: Question): Promise<unknown> {
    const { promise, ...settle } = Promise.withResolvers<unknown>();
    const asked = { ...question, id: ++this.#lastId, startedAt: performance.now(), settle };
    const { signal } = question;
    if (signal.aborted) settle.reject(new Cancelled());
    else if (this.#suspects.length > 0) this.#waiting.push(asked);
    else this.#send(asked);
    const onAbort = () => {
      settle.reject(new Cancelled());
      this.#process?.send({ kind: 'stop', id: asked.id } satisfies ReaderRequest, ignore);
    };
    signal.addEventListener('abort', onAbort, { once: true });
    return promise.finally(() => signal.removeEventListener('abort', onAbort));
  }

  /** What is still open is never answered. */
  [Symbol.dispose](): void {
    clearTimeout(this.#idle);
    this.#process?.removeAllListeners('exit');
    this.#process?.kill('SIGKILL');
    this.#process = undefined;
  }

  #send(asked: Asked): void {
    const study = studyOf(asked);
    if (study !== undefined && this.#deadly.get(study) === stateOf(study)) {
      asked.settle.reject(tooMuch(asked));
      if (this.#suspects[0] === asked) this.#next();
      return;
    }
    clearTimeout(this.#idle);
    this.#asked.set(asked.id, asked);
    this.start();
    const { id, method, params, disclosure } = asked;
    this.#process!.send({ kind: 'ask', id, method, params, disclosure } satisfies ReaderRequest, ignore);
  }

  #fork(): ChildProcess {
    const { cpuMs, heapMb } = this.#limits;
    const started = fork(fileURLToPath(processUrl), [String(cpuMs)], {
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
      execArgv: [
        ...process.execArgv.filter((option) => !/^--(max-old|inspect)/.test(option)),
        heapOption(heapMb),
      ],
    });
    started.on('message', (answer: ReaderAnswer) => this.#onAnswer(answer));
    started.once('exit', () => this.#onDeath());
    started.once('error', (cause) => this.#onNoStart(cause));
    return started;
  }

  #onAnswer(answer: ReaderAnswer): void {
    const asked = this.#asked.get(answer.id);
    if (!asked) return;
    this.#asked.delete(answer.id);
    if (answer.kind === 'result') asked.settle.resolve(answer.result);
    else asked.settle.reject(toError(answer.failure));
    if (this.#suspects[0] === asked) this.#next();
    const { idleMs } = this.#limits;
    if (this.#asked.size > 0 || idleMs === null) return;
    this.#idle = setTimeout(() => this.#process?.disconnect(), idleMs).unref();
  }

  #onDeath(): void {
    this.#process = undefined;
    const lost = [...this.#asked.values()];
    this.#asked.clear();
    const [alone] = lost;
    const hadItsTime = alone && performance.now() - alone.startedAt >= this.#limits.cpuMs;
    const isTrial = alone !== undefined && this.#suspects[0] === alone;
    if (alone && lost.length === 1 && (isTrial || hadItsTime)) {
      const study = studyOf(alone);
      if (study !== undefined) this.#deadly.set(study, stateOf(study));
      alone.settle.reject(tooMuch(alone));
      if (isTrial) this.#next();
      return;
    }
    const isFirst = this.#suspects.length === 0;
    this.#suspects.push(...lost);
    if (isFirst && this.#suspects.length > 0) this.#send(this.#suspects[0]!);
  }

  /** The suspect under trial is settled. */
  #next(): void {
    this.#suspects.shift();
    const [suspect] = this.#suspects;
    if (suspect) this.#send(suspect);
    else for (const asked of this.#waiting.splice(0)) this.#send(asked);
  }

  #onNoStart(cause: Error): void {
    this.#process = undefined;
    const error = new EnvironmentError(`The process that reads studies does not start: ${cause.message}`, {
      cause,
    });
    for (const asked of [...this.#asked.values(), ...this.#suspects.splice(0), ...this.#waiting.splice(0)]) {
      asked.settle.reject(error);
    }
    this.#asked.clear();
  }
}

/** The smaller one of this heap and of what the server itself was given. */
function heapOption(heapMb: number): string {
  const own = process.execArgv
    .map((option) => /^--max-old-space-size=(\d+)$/.exec(option)?.[1])
    .find(Boolean);
  return `--max-old-space-size=${Math.min(heapMb, Number(own ?? heapMb))}`;
}

const studyOf = ({ params }: Question): string | undefined => (params as { study?: string }).study;

/** Another once the file is another. */
function stateOf(study: string): string {
  const stats = statSync(study, { throwIfNoEntry: false });
  return `${stats?.ino} ${stats?.size} ${stats?.mtimeMs}`;
}

/** Reading it took more than it is given, and it is not asked again until the file is another. */
export class UnreadableStudy extends UserError {}

function tooMuch(asked: Asked): UnreadableStudy {
  const { study, studies } = asked.params as {
    readonly study?: string;
    readonly studies?: readonly string[];
  };
  const what = study ?? studies?.join(', ') ?? 'The study';
  return new UnreadableStudy(`${what} takes more time or memory than reading a study is given`, {
    action: 'It is damaged, or made to do so: take it from somewhere else, or run it anew.',
  });
}

/** A process that is gone tells so by itself. */
const ignore = () => {};
