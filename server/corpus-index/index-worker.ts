// A thread that reads shards for an index, one at a time, as the main thread says. It answers as a scan thread does.

import { dirname } from 'node:path';
import { parentPort, workerData } from 'node:worker_threads';
import { EnvironmentError } from '../errors.ts';
import type { Beats } from '../guard/watch-worker.ts';
import { ScanKernel } from '../kernel/scan-kernel.ts';
import type { SharedIndex } from '../kernel/share-index.ts';
import type { ScanTask, ToWorker, WorkerMessage } from '../kernel/worker-messages.ts';
import { systemFailure } from '../system-failure.ts';
import { type IndexedShard, indexShard } from './index-shard.ts';

/** What the threads are given: a kernel's memory, and a folder for what they write. */
export interface IndexingStart extends SharedIndex {
  readonly folder: string;
}

const PROGRESS_MS = 100;
const beats = workerData as Beats;

let kernel: ScanKernel;
let folder: string;
parentPort!.on('message', (message: ToWorker) => {
  if (message.kind === 'index') {
    kernel = new ScanKernel(message.index);
    folder = (message.index as IndexingStart).folder;
  } else void run(message.task);
});

async function run({ shard }: ScanTask): Promise<void> {
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
    const result = await indexShard(kernel, shard, folder, {
      signal: new AbortController().signal,
      onBytes,
    });
    send({ kind: 'scanned', result });
  } catch (error) {
    // A draft's own name is nobody's business.
    const known = systemFailure(error);
    const message = known?.message.replaceAll(folder, dirname(folder)) ?? (error as Error).message;
    const isOfMachine = known !== undefined || error instanceof EnvironmentError;
    send({
      kind: 'failed',
      byteOffset: progress.byteOffset,
      message,
      cause: isOfMachine ? 'environment' : 'bug',
    });
  }
}

function send(message: WorkerMessage<IndexedShard>): void {
  parentPort!.postMessage(message);
}
