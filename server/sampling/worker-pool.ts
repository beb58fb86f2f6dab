// Hands batches to sampling threads and yields their answers as they come. Every thread is ended when the
// consumer stops, for whatever reason.

import { setTimeout } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { Cancelled, throwIfAborted } from '../errors.ts';
import type { RowRequest, RowResult } from './generate-batch.ts';
import type { WorkerAnswer, WorkerRequest, WorkerStart } from './sampling-worker.ts';
import { samplingWorkerUrl } from './worker-url.ts';

/**
 * Runs the batches on `nWorkers` threads. Rejects with Cancelled within a second of the signal.
 */
export async function* runBatches(
  start: Omit<WorkerStart, 'stop'>,
  nWorkers: number,
  batches: Iterator<readonly RowRequest[]>,
  signal: AbortSignal,
): AsyncGenerator<readonly RowResult[]> {
  throwIfAborted(signal);
  const answers = new AnswerQueue();
  const onAbort = () => answers.fail(new Cancelled());
  signal.addEventListener('abort', onAbort, { once: true });
  const stop = new Int32Array(new SharedArrayBuffer(4));
  const workers = Array.from({ length: nWorkers }, () => startWorker({ ...start, stop }, answers));
  try {
    for (let nBusy = workers.length; nBusy > 0; ) {
      const { worker, rows } = await answers.next();
      const next = batches.next();
      if (next.done) nBusy--;
      else worker.postMessage(next.value satisfies WorkerRequest);
      if (rows.length > 0) yield rows;
    }
  } finally {
    signal.removeEventListener('abort', onAbort);
    Atomics.store(stop, 0, 1);
    await endWorkers(workers);
  }
}

function startWorker(start: WorkerStart, answers: AnswerQueue): Worker {
  const worker = new Worker(samplingWorkerUrl, { workerData: start });
  worker.on('message', (answer: WorkerAnswer) => {
    if (answer.kind === 'failed') answers.fail(answer.error);
    else answers.push({ worker, rows: answer.kind === 'batch' ? answer.rows : [] });
  });
  worker.on('error', (error: Error) => answers.fail(error));
  worker.on('exit', (code) => answers.fail(new Error(`A sampling thread ended early, with code ${code}.`)));
  return worker;
}

/** A thread inside the runtime must not be terminated, that kills the process: it is asked, and waited for. */
async function endWorkers(workers: readonly Worker[]): Promise<void> {
  const exits = workers.map((worker) => new Promise((resolve) => worker.once('exit', resolve)));
  for (const worker of workers) worker.postMessage(null satisfies WorkerRequest);
  // Only a thread that is still loading its model takes longer, and then it ends by itself.
  const patience = new AbortController();
  const { signal } = patience;
  await Promise.race([
    Promise.all(exits),
    setTimeout(END_PATIENCE_MS, undefined, { signal }).catch(() => {}),
  ]);
  patience.abort();
}

const END_PATIENCE_MS = 900;

interface Answer {
  readonly worker: Worker;
  readonly rows: readonly RowResult[];
}

/** Answers in order of arrival; a failure overtakes them. */
class AnswerQueue {
  readonly #answers: Answer[] = [];
  #failure: Error | null = null;
  #wake: () => void = () => {};

  push(answer: Answer): void {
    this.#answers.push(answer);
    this.#wake();
  }

  /** Only the first failure counts: later ones follow from it. */
  fail(error: Error): void {
    this.#failure ??= error;
    this.#wake();
  }

  async next(): Promise<Answer> {
    while (this.#failure === null && this.#answers.length === 0) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    if (this.#failure !== null) throw this.#failure;
    return this.#answers.shift()!;
  }
}
