import type { Harness } from '../harness.ts';
import { readShard, rows } from '../read-shard.ts';

export const harness: Harness = {
  fileName: 'shard.jsonl',
  seeds: () => [Buffer.from(rows), Buffer.from('{"text":"a"}\n{"text":"b"}\n')],
  read: (_, file) => readShard(file),
  isDamage: (cut) => !/(^|\}|\n)\s*$/.test(Buffer.from(cut).toString()),
};
