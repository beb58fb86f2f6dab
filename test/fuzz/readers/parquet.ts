// The library may not come back, and may take what it likes: the product reads in a thread with limits, and so does this.

import { UserError } from '../../../server/errors.ts';
import { GuardedThread } from '../../../server/guard/run-guarded.ts';
import { writeParquet } from '../../support/write-parquet.ts';
import type { Harness, Outcome } from '../harness.ts';

const url = new URL('../parquet-worker.ts', import.meta.url);
const limits = { what: 'shard.parquet', stallMs: 3000, memoryBytes: 768 << 20 };
const open = () => new GuardedThread<string, Outcome>(url, limits);
let thread = open();

const table = Array.from({ length: 40 }, (_, i) => ({
  content: `text ${i}\n`.repeat(i % 7),
  repo_name: `o/r${i}`,
  path: `p${i}`,
  license: 'mit',
}));

export const harness: Harness = {
  fileName: 'shard.parquet',
  seeds: () =>
    (['UNCOMPRESSED', 'GZIP', 'ZSTD'] as const).map((codec) =>
      writeParquet(table, { codec, rowsPerGroup: 15 }),
    ),
  async read(_, file) {
    try {
      return await thread.ask(file);
    } catch (error) {
      // Given up: the next input has a thread of its own.
      thread = open();
      if (error instanceof UserError) return 'refused';
      throw error;
    }
  },
  end: () => thread[Symbol.dispose](),
  isDamage: () => true,
};
