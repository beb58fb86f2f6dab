// A thread that reads shards for an index. It answers as a scan thread does.

import { dirname } from 'node:path';
import { EnvironmentError } from '../errors.ts';
import { ScanKernel } from '../kernel/scan-kernel.ts';
import { answerTasks } from '../kernel/shard-thread.ts';
import type { SharedIndex } from '../kernel/share-index.ts';
import { systemFailure } from '../system-failure.ts';
import { indexShard } from './index-shard.ts';

/** What the threads are given: a kernel's memory, and a folder for what they write. */
export interface IndexingStart extends SharedIndex {
  readonly folder: string;
}

let kernel: ScanKernel;
let folder: string;
answerTasks({
  begin(index) {
    kernel = new ScanKernel(index, 'index');
    folder = (index as IndexingStart).folder;
  },
  read: ({ shard }, hooks) => indexShard(kernel, shard, folder, hooks),
  failure(error) {
    // A draft's own name is nobody's business.
    const known = systemFailure(error);
    const message = known?.message.replaceAll(folder, dirname(folder)) ?? (error as Error).message;
    const isOfMachine = known !== undefined || error instanceof EnvironmentError;
    return { message, cause: isOfMachine ? 'environment' : 'bug' };
  },
});
