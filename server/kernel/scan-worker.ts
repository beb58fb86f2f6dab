// A scan thread: one kernel that scans shards.

import { ScanKernel } from './scan-kernel.ts';
import { kernelScanner } from './scan-shard.ts';
import type { ShardScanner } from './shard-scanner.ts';
import { answerTasks } from './shard-thread.ts';

let scanner: ShardScanner;
answerTasks({
  begin(index) {
    scanner = kernelScanner(new ScanKernel(index));
  },
  read: ({ shard, readAhead }, hooks) => scanner.scan(shard, { ...hooks, readAhead }),
  transferred: ({ partial }) => [partial.buffer as ArrayBuffer],
});
