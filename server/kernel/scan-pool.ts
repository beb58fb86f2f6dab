// Deals shards to scan threads: each takes the next one when it is done, so at most one result a thread is
// under way. A thread that dies takes its shard with it; another one goes on with the rest.

import { Worker } from 'node:worker_threads';
import { readingLimits } from '../corpus/reading-limits.ts';
import type { Shard } from '../corpus/shard.ts';
import type { ShardResult } from '../engine/detection.ts';
import { Cancelled, EnvironmentError } from '../errors.ts';
import { type Beats, type Excess, newBeats, watchWorker } from '../guard/watch-worker.ts';
import { programUrl } from '../program-url.ts';
import type { SharedIndex } from './share-index.ts';
import type { ScanTask, ToWorker, WorkerMessage } from './worker-messages.ts';

const workerUrl = programUrl('./scan-worker.ts', import.meta.url);

/**
 * What a scan thread leaves behind dies young: room for more of it would only be memory that grows with the number of
 * shards, to 48 MB a thread.
 */
const resourceLimits = { maxYoungGenerationSizeMb: 6 };

/** What a thread needs before its first shard, mostly the index of the samples. */
type Start = SharedIndex | Promise<SharedIndex>;

export interface PoolEvents<Result = ShardResult> {
  /** Awaited before a shard is opened, with what is to be read: it or a copy. If it rejects, the shard has failed. */
  readonly ready?: (shard: Shard) => Promise<Shard>;
  readonly onBytes: (shard: Shard, diskBytes: number) => void;
  /** Awaited before the thread takes its next shard. */
  readonly onOutcome: (outcome: ShardOutcome<Result>) => Promise<void>;
}

/** What became of one shard. Of one that failed nothing counts, and a rerun scans it again. */
export type ShardOutcome<Result = ShardResult> =
  | { readonly kind: 'scanned'; readonly shard: Shard; readonly result: Result }
  | { readonly kind: 'failed'; readonly shard: Shard; readonly failure: ShardFailure };

export interface ShardFailure {
  /** Start of the row that was being read, in the shard's decompressed stream. */
  readonly byteOffset: number;
  readonly error: Error;
}

/**
 * Resolves when every shard has ended one way or the other; throws `Cancelled` when told to stop, and what `index`
 * throws. The threads start while it is being made. `program` is what they run; it answers what `scan-worker.ts` does.
 */
export async function scanInThreads<Result = ShardResult>(
  index: Start,
  shards: readonly Shard[],
  nCores: number,
  signal: AbortSignal,
  events: PoolEvents<Result>,
  program = workerUrl,
): Promise<void> {
  const waiting = [...shards];
  const nThreads = Math.min(nCores, shards.length);
  // A core that has no shard of its own inflates for one that has.
  const readAhead = shards.length < nCores ? 'one-chunk' : 'none';
  const threads = Array.from({ length: nThreads }, async () => {
    while (waiting.length > 0 && !signal.aborted) {
      await scanUntilDeath(program, index, waiting, readAhead, signal, events);
    }
  });
  const outcomes = await Promise.allSettled(threads);
  if (signal.aborted) throw new Cancelled();
  for (const outcome of outcomes) if (outcome.status === 'rejected') throw outcome.reason;
}

/** One thread, from its start until there are no shards left or it dies. */
async function scanUntilDeath<Result>(
  program: URL,
  index: Start,
  waiting: Shard[],
  readAhead: ScanTask['readAhead'],
  signal: AbortSignal,
  events: PoolEvents<Result>,
): Promise<void> {
  const beats = newBeats();
  const worker = new Worker(program, { resourceLimits, workerData: beats });
  const thread: Thread = { worker, beats };
  worker.once('error', (error: Error) => {
    thread.death ??= error;
  });
  worker.once('exit', (code) => {
    thread.death ??= new Error(`The scan thread ended with code ${code}`);
  });
  const stop = () => void worker.terminate();
  signal.addEventListener('abort', stop);
  try {
    const ready: ToWorker = { kind: 'index', index: await index };
    worker.postMessage(ready);
    for (let shard = waiting.shift(); shard; shard = waiting.shift()) {
      const outcome = await (events.ready?.(shard) ?? Promise.resolve(shard)).then(
        (copy) =>
          scanOne<Result>(thread, { shard: copy, readAhead }, (nBytes) => events.onBytes(shard, nBytes)),
        (error: Error): Outcome<Result> => ({ kind: 'failed', failure: { byteOffset: 0, error } }),
      );
      if (signal.aborted) return;
      await events.onOutcome(
        outcome.kind === 'scanned'
          ? { kind: 'scanned', shard, result: outcome.result }
          : { kind: 'failed', shard, failure: outcome.failure },
      );
      if (outcome.kind === 'died') return;
    }
  } finally {
    signal.removeEventListener('abort', stop);
    await worker.terminate();
  }
}

type Outcome<Result> =
  | { readonly kind: 'scanned'; readonly result: Result }
  | { readonly kind: 'failed' | 'died'; readonly failure: ShardFailure };

interface Thread {
  readonly worker: Worker;
  readonly beats: Beats;
  /** Why it is no more; an event that nobody waits for is gone. */
  death?: Error;
}

const EXCEEDED: Readonly<Record<Excess, string>> = {
  time: 'reading it got nowhere',
  memory: 'reading it took far more memory than it has bytes',
};

function scanOne<Result>(
  thread: Thread,
  task: ScanTask,
  onBytes: (diskBytes: number) => void,
): Promise<Outcome<Result>> {
  const { worker } = thread;
  return new Promise((resolve) => {
    let byteOffset = 0;
    if (thread.death) return resolve({ kind: 'died', failure: { byteOffset, error: thread.death } });
    const stopWatching = watchWorker(worker, thread.beats, readingLimits(task.shard), (excess) => {
      thread.death = new Error(EXCEEDED[excess]);
      settle({ kind: 'died', failure: { byteOffset, error: thread.death } });
    });
    const settle = (outcome: Outcome<Result>) => {
      stopWatching();
      worker.off('message', onMessage);
      worker.off('error', onError);
      worker.off('exit', onExit);
      resolve(outcome);
    };
    const onMessage = (message: WorkerMessage<Result>) => {
      if (message.kind === 'progress') {
        byteOffset = message.byteOffset;
        onBytes(message.diskBytes);
      } else if (message.kind === 'scanned') settle(message);
      else {
        const error =
          message.cause === 'environment'
            ? new EnvironmentError(message.message)
            : new Error(message.message);
        settle({ kind: 'failed', failure: { byteOffset: message.byteOffset, error } });
      }
    };
    const onError = (error: Error) => settle({ kind: 'died', failure: { byteOffset, error } });
    const onExit = (code: number) =>
      onError(new Error(`The scan thread ended with code ${code} in the middle of a shard`));
    worker.on('message', onMessage);
    worker.on('error', onError);
    worker.on('exit', onExit);
    worker.postMessage({ kind: 'scan', task } satisfies ToWorker);
  });
}
