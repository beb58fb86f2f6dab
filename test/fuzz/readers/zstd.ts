import { zstdCompressSync } from 'node:zlib';
import type { Harness } from '../harness.ts';
import { readShard, rows } from '../read-shard.ts';

export const harness: Harness = {
  fileName: 'shard.jsonl.zst',
  seeds: () => [
    zstdCompressSync(rows),
    Buffer.concat([zstdCompressSync(rows.slice(0, 999)), zstdCompressSync(rows.slice(999))]),
  ],
  read: (_, file) => readShard(file),
};
