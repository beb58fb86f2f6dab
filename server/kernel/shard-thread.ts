// What every thread that reads shards does, whatever it makes of them: one shard at a time, as the main thread says,
// telling how far it is. It is ended from there at any time, so it holds nothing that must be put in order.

import { parentPort, workerData } from 'node:worker_threads';
import { EnvironmentError } from '../errors.ts';
import type { Beats } from '../guard/watch-worker.ts';
import type { ScanHooks } from './shard-scanner.ts';
import type { SharedIndex } from './share-index.ts';
import type { ScanTask, ToWorker, WorkerMessage } from './worker-messages.ts';

const PROGRESS_MS = 100;

/** Whether a shard is read ahead is said by its task. */
export type ThreadHooks = Omit<ScanHooks, 'readAhead'>;

type Failure = Pick<Extract<WorkerMessage, { readonly kind: 'failed' }>, 'message' | 'cause'>;

export interface ShardThread<Result> {
  /** Called once, before the first shard. */
  begin(index: SharedIndex): void;
  read(task: ScanTask, hooks: ThreadHooks): Promise<Result>;
  /** What is handed over rather than copied. */
  readonly transferred?: (result: Result) => ArrayBuffer[];
  /** What is told of an error; its own message where this is not there. */
  readonly failure?: (error: unknown) => Failure;
}

/** Answers the main thread from now on. */
export function answerTasks<Result>(thread: ShardThread<Result>): void {
  const { transferred = () => [], failure = plainFailure } = thread;
  const beats = workerData as Beats;
  const send = (message: WorkerMessage<Result>, transfer: ArrayBuffer[] = []) =>
    parentPort!.postMessage(message, transfer);

  const run = async (task: ScanTask): Promise<void> => {
    const progress = { diskBytes: 0, byteOffset: 0 };
    let sentAt = performance.now();
    const onBytes = (diskBytes: number, byteOffset: number) => {
      Atomics.add(beats, 0, 1);
      progress.diskBytes += diskBytes;
      progress.byteOffset = byteOffset;
      if (performance.now() - sentAt < PROGRESS_MS) return;
      sentAt = performance.now();
      send({ kind: 'progress', ...progress });
      progress.diskBytes = 0;
    };
    try {
      const result = await thread.read(task, { signal: new AbortController().signal, onBytes });
      send({ kind: 'scanned', result }, transferred(result));
    } catch (error) {
      send({ kind: 'failed', byteOffset: progress.byteOffset, ...failure(error) });
    }
  };

  parentPort!.on('message', (message: ToWorker) => {
    if (message.kind === 'index') thread.begin(message.index);
    else void run(message.task);
  });
}

const plainFailure = (error: unknown): Failure => ({
  message: (error as Error).message,
  cause: error instanceof EnvironmentError ? 'environment' : 'bug',
});
