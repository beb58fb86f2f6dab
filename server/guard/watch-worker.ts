// Watches a thread that reads bytes of strangers: whether it gets on, and how much memory it takes. V8's own limits
// (`resourceLimits`) count neither buffers nor time. It knows nothing of what the thread does.

import type { Worker } from 'node:worker_threads';

export interface WorkerLimits {
  /**
   * Work for so long without a beat ends the thread. Waiting for a disk is no work, and neither is waiting for the
   * processor, up to `WALL_TIMES` as long: a busy machine makes nothing stuck.
   */
  readonly stallMs: number;
  /** Heap and buffers together. */
  readonly memoryBytes: number;
}

/** Counts what the thread has got done; it adds to it (`Atomics.add`). */
export type Beats = Int32Array<SharedArrayBuffer>;

export const newBeats = (): Beats => new Int32Array(new SharedArrayBuffer(4));

export type Excess = 'time' | 'memory';

const LOOK_EVERY_MS = 100;
const WALL_TIMES = 10;

/** Calls `onExcess` once when a limit is exceeded, and ends the thread. Returns what stops watching. */
export function watchWorker(
  worker: Worker,
  beats: Beats,
  limits: WorkerLimits,
  onExcess: (excess: Excess) => void,
): () => void {
  let nBeats = Atomics.load(beats, 0);
  let atBeat = worked(worker);
  let isAsking = false;
  const stop = () => clearInterval(timer);
  const exceed = (excess: Excess) => {
    stop();
    onExcess(excess);
    void worker.terminate();
  };
  const look = () => {
    const now = Atomics.load(beats, 0);
    if (now !== nBeats) {
      nBeats = now;
      atBeat = worked(worker);
    } else {
      const { activeMs, cpuMs } = worked(worker);
      const sinceMs = activeMs - atBeat.activeMs;
      const isBusy = cpuMs - atBeat.cpuMs > limits.stallMs;
      if (sinceMs > limits.stallMs && (isBusy || sinceMs > WALL_TIMES * limits.stallMs))
        return exceed('time');
    }
    if (isAsking) return undefined;
    isAsking = true;
    return memoryOf(worker).then(
      (nBytes) => {
        isAsking = false;
        if (nBytes > limits.memoryBytes) exceed('memory');
      },
      () => {
        isAsking = false; // It has ended, or on a busy machine not yet begun.
      },
    );
  };
  const timer = setInterval(look, LOOK_EVERY_MS);
  timer.unref();
  return stop;
}

/** How long the thread was at work, and how much of the processor the process used: no thread of it used more. */
function worked(worker: Worker): { readonly activeMs: number; readonly cpuMs: number } {
  const { user, system } = process.cpuUsage();
  return { activeMs: worker.performance.eventLoopUtilization().active, cpuMs: (user + system) / 1000 };
}

/** Answered from the middle of a loop too, but not from native code. */
async function memoryOf(worker: Worker): Promise<number> {
  if (worker.getHeapStatistics === undefined) return 0; // Node before 22.16
  const { used_heap_size: heap, external_memory: buffers } = await worker.getHeapStatistics();
  // Node counts what decoders may take, and what they gave back until it is collected: the process holds less then.
  return Math.min(heap + buffers, process.memoryUsage.rss());
}
