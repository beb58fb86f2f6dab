// A thread that reads shards for an index. It answers as a scan thread does.

import { ScanKernel } from '../kernel/scan-kernel.ts';
import { answerTasks } from '../kernel/shard-thread.ts';
import { indexShard } from './index-shard.ts';
import { type IndexingStart, indexingFailure } from './indexing-thread.ts';

let kernel: ScanKernel;
let folder: string;
answerTasks({
  begin(index) {
    kernel = new ScanKernel(index, 'index');
    folder = (index as IndexingStart).folder;
  },
  read: ({ shard }, hooks) => indexShard(kernel, shard, folder, hooks),
  failure: (error) => indexingFailure(error, folder),
});
