import { gzipSync } from 'node:zlib';
import type { Harness } from '../harness.ts';
import { readShard, rows } from '../read-shard.ts';

export const harness: Harness = {
  fileName: 'shard.jsonl.gz',
  seeds: () => [
    gzipSync(rows),
    Buffer.concat([gzipSync(rows.slice(0, 999)), gzipSync(rows.slice(999), { level: 0 })]),
  ],
  read: (_, file) => readShard(file),
  isDamage: () => true,
};
