// Hands batches to sampling threads and yields their answers as they come. Every thread is ended when the
// consumer stops, for whatever reason.

import { setTimeout } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { Cancelled, EnvironmentError, throwIfAborted, UserError } from '../../errors.ts';
import { programUrl } from '../../program-url.ts';
import type { RowsAtOnce } from '../forms/graph-form.ts';
import type { MapRow, MapRowResult } from '../forms/map/rows.ts';
import type { RowRequest, RowResult } from '../forms/rows.ts';
import type { DistributionDistance } from '../forms/score/distribution-distance.ts';
import type { WindowResult } from '../forms/score/score-batch.ts';
import type { WindowRequest } from '../forms/score/windows.ts';
import { findRuntime } from '../onnx/find-runtime.ts';
import type {
  ComparisonRequest,
  ProbeRequest,
  WorkerAnswer,
  WorkerRequest,
  WorkerStart,
  WorkerTask,
} from './sampling-worker.ts';

/** What each task's batches are made of, and their answers. */
interface TaskTypes {
  readonly generate: { readonly request: RowRequest; readonly result: RowResult };
  readonly score: { readonly request: WindowRequest; readonly result: WindowResult };
  readonly map: { readonly request: MapRow; readonly result: MapRowResult };
  readonly compare: { readonly request: ComparisonRequest; readonly result: DistributionDistance };
  readonly probe: { readonly request: ProbeRequest; readonly result: RowsAtOnce };
}

type Batches<Kind extends WorkerTask['kind']> =
  | Iterator<readonly TaskTypes[Kind]['request'][]>
  | AsyncIterator<readonly TaskTypes[Kind]['request'][]>;

/**
 * Runs the batches on `nWorkers` threads. Rejects with Cancelled within a second of the signal. A batch that
 * does not fit into memory goes to `onTooLarge`, which must bring its rows back in later, smaller batches, or
 * throw. `onDone` hears how long each took, in time for the next to be cut.
 */
export async function* runBatches<Kind extends WorkerTask['kind']>(
  start: Omit<WorkerStart, 'stop' | 'task'> & { readonly task: Extract<WorkerTask, { kind: Kind }> },
  nWorkers: number,
  batches: Batches<Kind>,
  signal: AbortSignal,
  onTooLarge: (batch: readonly TaskTypes[Kind]['request'][]) => void,
  onDone?: (results: readonly TaskTypes[Kind]['result'][], elapsedMs: number) => void,
): AsyncGenerator<readonly TaskTypes[Kind]['result'][]> {
  throwIfAborted(signal);
  findRuntime(); // A system without a runtime is named here: a thread would only end.
  const answers = new AnswerQueue();
  const onAbort = () => answers.fail(new Cancelled());
  signal.addEventListener('abort', onAbort, { once: true });
  const stop: WorkerStart['stop'] = new Int32Array(new SharedArrayBuffer(4));
  const workers = Array.from({ length: nWorkers }, () => startWorker({ ...start, stop }, answers));
  try {
    // A thread that found nothing to do stays idle: a batch that came back may need it.
    const idle: Worker[] = [];
    const inWork = new Map<Worker, readonly TaskTypes[Kind]['request'][]>();
    for (let nStarting = workers.length; nStarting > 0 || inWork.size > 0; ) {
      const { worker, answer } = await answers.next();
      if (answer.kind === 'ready') nStarting--;
      if (answer.kind === 'out-of-memory') onTooLarge(inWork.get(worker)!);
      if (answer.kind === 'batch') {
        onDone?.(answer.rows as readonly TaskTypes[Kind]['result'][], answer.elapsedMs);
      }
      inWork.delete(worker);
      idle.push(worker);
      while (idle.length > 0) {
        const next = await batches.next();
        if (next.done) break;
        const free = idle.pop()!;
        inWork.set(free, next.value);
        free.postMessage(next.value);
      }
      if (answer.kind === 'batch') yield answer.rows as readonly TaskTypes[Kind]['result'][];
    }
  } finally {
    signal.removeEventListener('abort', onAbort);
    Atomics.store(stop, 0, 1);
    await endWorkers(workers);
  }
}

const workerUrl = programUrl('./sampling-worker.ts', import.meta.url);

function startWorker(start: WorkerStart, answers: AnswerQueue): Worker {
  const worker = new Worker(workerUrl, { workerData: start });
  worker.on('message', (answer: WorkerAnswer) => {
    if (answer.kind === 'failed') answers.fail(answer.error);
    else if (answer.kind === 'refused') answers.fail(new UserError(answer.message, answer));
    else answers.push({ worker, answer });
  });
  worker.on('error', (error: Error) => answers.fail(error));
  worker.on('exit', (code) => {
    answers.fail(
      new EnvironmentError(`A sampling thread ended early, with code ${code}.`, {
        action: 'Run the study again: it goes on from the last finished batch.',
      }),
    );
  });
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
  readonly answer: Exclude<WorkerAnswer, { readonly kind: 'failed' | 'refused' }>;
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
