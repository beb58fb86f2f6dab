// A scan thread: one kernel, one shard at a time, as the main thread says. It is ended from there at any
// time, so it holds nothing that must be put in order.

import { parentPort, workerData } from 'node:worker_threads';
import { EnvironmentError } from '../errors.ts';
import type { Beats } from '../guard/watch-worker.ts';
import { ScanKernel } from './scan-kernel.ts';
import { kernelScanner } from './scan-shard.ts';
import type { ShardScanner } from './shard-scanner.ts';
import type { ScanTask, ToWorker, WorkerMessage } from './worker-messages.ts';

const PROGRESS_MS = 100;
const beats = workerData as Beats;

let scanner: ShardScanner;
parentPort!.on('message', (message: ToWorker) => {
  if (message.kind === 'index') scanner = kernelScanner(new ScanKernel(message.index));
  else void run(message.task);
});

async function run({ shard, readAhead }: ScanTask): Promise<void> {
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
    const result = await scanner.scan(shard, {
      signal: new AbortController().signal,
      onBytes,
      readAhead,
    });
    send({ kind: 'scanned', result }, [result.partial.buffer as ArrayBuffer]);
  } catch (error) {
    const { message } = error as Error;
    const cause = error instanceof EnvironmentError ? 'environment' : 'bug';
    send({ kind: 'failed', byteOffset: progress.byteOffset, message, cause });
  }
}

function send(message: WorkerMessage, transfer: ArrayBuffer[] = []): void {
  parentPort!.postMessage(message, transfer);
}
