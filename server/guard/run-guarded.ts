// Reads bytes of strangers in a thread with limits in time and memory. A parser that never ends, or that makes much of
// little, is then an error that names the file, and the thread that asked stays free to hear signals.

import { Worker } from 'node:worker_threads';
import { Cancelled, EnvironmentError, UserError, type VerbatimError } from '../errors.ts';
import type { FailedAnswer, GuardedAnswer, GuardedStart } from './answer-guarded.ts';
import { type Excess, newBeats, type WorkerLimits, watchWorker } from './watch-worker.ts';

export interface GuardLimits extends WorkerLimits {
  /** What is read, as a user would name it: a path. */
  readonly what: string;
  readonly signal?: AbortSignal;
}

/** The limits of a file that is small, or of which little is read at once. */
export const SMALL_FILE_LIMITS: WorkerLimits = { stallMs: 20_000, memoryBytes: 1 << 30 };

/**
 * V8's own limit stands behind the watch's and far from it: a thread that meets it in the moment when it is taken down
 * ends the whole process.
 */
const V8_TIMES = 2;

/** One question to the program at `url`, which calls `answerGuarded`. Throws its `VerbatimError`s as they are. */
export async function runGuarded<Input, Output>(
  url: URL,
  input: Input,
  limits: GuardLimits,
): Promise<Output> {
  using reader = new GuardedThread<Input, Output>(url, limits);
  return await reader.ask(input);
}

/** A thread that answers one question after the other, until it is let go. */
export class GuardedThread<Input, Output> implements Disposable {
  readonly #worker: Worker;
  readonly #limits: GuardLimits;
  readonly #beats = newBeats();
  #settle: ((answer: GuardedAnswer<Output> | Error) => void) | undefined;
  /** Why it is no more. */
  #death: Error | undefined;

  constructor(url: URL, limits: GuardLimits) {
    this.#limits = limits;
    const workerData: GuardedStart = { beats: this.#beats, what: limits.what };
    const maxOldGenerationSizeMb = Math.ceil((V8_TIMES * limits.memoryBytes) / 2 ** 20);
    this.#worker = new Worker(url, { workerData, resourceLimits: { maxOldGenerationSizeMb } });
    this.#worker.unref();
    this.#worker.on('message', (answer: GuardedAnswer<Output>) => this.#settle?.(answer));
    this.#worker.on('error', (error: NodeJS.ErrnoException) =>
      this.#die(error.code === 'ERR_WORKER_OUT_OF_MEMORY' ? this.#exceeded('memory') : error),
    );
    this.#worker.on('exit', () => this.#die(new Error(`The thread that reads ${limits.what} ended`)));
  }

  async ask(input: Input): Promise<Output> {
    const { signal } = this.#limits;
    if (signal?.aborted) throw new Cancelled();
    if (this.#death) throw this.#death;
    const onAbort = () => this.#die(new Cancelled());
    signal?.addEventListener('abort', onAbort);
    const stopWatching = watchWorker(this.#worker, this.#beats, this.#limits, (excess) =>
      this.#die(this.#exceeded(excess)),
    );
    this.#worker.ref();
    try {
      const answer = await new Promise<GuardedAnswer<Output> | Error>((resolve) => {
        this.#settle = resolve;
        this.#worker.postMessage(input);
      });
      if (answer instanceof Error) throw answer;
      if (answer.kind === 'failed') throw toError(answer);
      return answer.value;
    } finally {
      this.#settle = undefined;
      stopWatching();
      signal?.removeEventListener('abort', onAbort);
      this.#worker.unref();
    }
  }

  [Symbol.dispose](): void {
    this.#death ??= new Error('The thread was let go');
    // Not waited for: native code lets go of a thread when it is done, and not before.
    void this.#worker.terminate();
  }

  #die(cause: Error): void {
    this.#death ??= cause;
    this.#settle?.(this.#death);
    void this.#worker.terminate();
  }

  #exceeded(excess: Excess): VerbatimError {
    const { what, stallMs, memoryBytes } = this.#limits;
    const why = {
      time: `reading it gets nowhere for ${Math.round(stallMs / 1000)} s`,
      memory: `reading it takes more than ${Math.round(memoryBytes / 1e6)} MB of memory`,
    }[excess];
    return new UserError(`${what} is given up: ${why}.`, {
      action: 'It is damaged, or made to do that: get it from a source that you trust.',
    });
  }
}

function toError({ code, message, action, stack }: FailedAnswer): Error {
  const options = action === undefined ? {} : { action };
  if (code === 'user') return new UserError(message, options);
  if (code === 'environment') return new EnvironmentError(message, options);
  if (code === 'cancelled') return new Cancelled();
  return Object.assign(new Error(message), { stack });
}
