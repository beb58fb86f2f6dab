// Fuzzes one reader for a while, in a thread of its own, and watches it: a crash, a hang, memory beyond its bound, a promise
// that nobody waits for, an error that is none for people, and silence about damage each fail it.

import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import type { FuzzReport, FuzzTask } from './reader-thread.ts';

export interface FuzzRequest {
  readonly reader: string;
  readonly seed: number;
  readonly first: number;
  readonly seconds: number;
  readonly count: number;
}

/** No reader needs so much of the processor for an input of a few megabytes; time alone says nothing on a busy machine. */
const HANG_CPU_MS = 30_000;
const HANG_WALL_MS = 300_000;
/** Beyond what the thread has once its reader is loaded and has its seeds. */
const MOST_MEMORY_BYTES = 1 << 30;
const LOOK_EVERY_MS = 50;

/** Throws an Error that says how to do it again. */
export async function fuzzReader(request: FuzzRequest): Promise<FuzzReport> {
  const folder = mkdtempSync(join(tmpdir(), 'verbatim-fuzz-'));
  const at = new Int32Array(new SharedArrayBuffer(4));
  const until = performance.timeOrigin + performance.now() + 1000 * request.seconds;
  const workerData: FuzzTask = { ...request, until, at, folder };
  const worker = new Worker(new URL('./reader-thread.ts', import.meta.url), { workerData });
  let watch: NodeJS.Timeout | undefined;
  try {
    const report = await new Promise<FuzzReport>((resolve, reject) => {
      let report: FuzzReport | undefined;
      worker.on('message', (value: FuzzReport) => {
        report = value;
      });
      worker.on('error', reject);
      worker.on('exit', (code) =>
        report ? resolve(report) : reject(new Error(`the thread ended with ${code}`)),
      );
      watch = watchThread(worker, at, reject);
    });
    rmSync(folder, { recursive: true, force: true });
    return report;
  } catch (cause) {
    const iteration = Atomics.load(at, 0) - 1;
    const kept = join(tmpdir(), `verbatim-fuzz-${request.reader}-${request.seed}-${iteration}`);
    cpSync(folder, kept, { recursive: true });
    rmSync(folder, { recursive: true, force: true });
    const again = `npm run fuzz -- ${request.reader} 1 ${request.seed} ${iteration}`;
    throw new Error(`${request.reader}: ${(cause as Error).message}\n  again: ${again}\n  input: ${kept}`, {
      cause,
    });
  } finally {
    clearInterval(watch);
    void worker.terminate();
  }
}

function watchThread(worker: Worker, at: Int32Array, fail: (error: Error) => void): NodeJS.Timeout {
  let seen = 0;
  let since = spent();
  let least = Number.POSITIVE_INFINITY;
  const heldBefore = process.memoryUsage.rss();
  return setInterval(async () => {
    const now = Atomics.load(at, 0);
    if (now !== seen) {
      seen = now;
      since = spent();
    } else if (seen > 0) {
      const { cpuMs, wallMs } = spent();
      if (cpuMs - since.cpuMs > HANG_CPU_MS || wallMs - since.wallMs > HANG_WALL_MS)
        fail(new Error('a reader does not come back'));
    }
    const { used_heap_size: heap, external_memory: buffers } = await worker
      .getHeapStatistics()
      .catch(() => NONE);
    if (seen > 0) least = Math.min(least, heap + buffers);
    // Node counts what a decoder may take, and what it gave back until it is collected: the process holds less then.
    const nBytes = Math.min(heap + buffers - least, process.memoryUsage.rss() - heldBefore);
    if (nBytes > MOST_MEMORY_BYTES) fail(new Error('a reader takes more memory than its bound'));
  }, LOOK_EVERY_MS);
}

function spent(): { readonly cpuMs: number; readonly wallMs: number } {
  const { user, system } = process.cpuUsage();
  return { cpuMs: (user + system) / 1000, wallMs: performance.now() };
}

const NONE = { used_heap_size: 0, external_memory: 0 };
