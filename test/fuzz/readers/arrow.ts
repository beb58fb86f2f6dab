import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { writeArrow } from '../../support/write-arrow.ts';
import type { Harness } from '../harness.ts';
import { readShard } from '../read-shard.ts';

const table = Array.from({ length: 40 }, (_, i) => ({
  content: `text ${i}\n`.repeat(i % 7),
  repo_name: `o/r${i}`,
  license: ['mit', 'isc'].slice(i % 3),
}));
const fixtures = join(import.meta.dirname, '../../fixtures/arrow');

export const harness: Harness = {
  fileName: 'shard.arrow',
  seeds: () => [
    writeArrow(table, { form: 'file', rowsPerBatch: 15 }),
    writeArrow(table, { form: 'stream', type: 'dictionary' }),
    writeArrow(table, { form: 'stream', type: 'largeUtf8', packing: 'zstd', rowsPerBatch: 20 }),
    ...['deltas', 'legacy'].map((name) => readFileSync(join(fixtures, `${name}.arrow`))),
  ],
  read: (_, file) => readShard(file),
};
