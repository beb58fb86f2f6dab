// What reading a shard may take, told by the bytes that are there.

import type { WorkerLimits } from '../guard/watch-worker.ts';
import type { Shard } from './shard.ts';

/** Slower than any disk that holds training data, and than any parser on a busy machine. */
const SLOWEST_BYTES_PER_MS = 1000;
const PATIENCE_MS = 10_000;

/** Rows and files are held once or twice, those of Parquet a row group at a time and unpacked. */
export function readingLimits({ format, nBytes }: Pick<Shard, 'format' | 'nBytes'>): WorkerLimits {
  const stallMs = PATIENCE_MS + nBytes / SLOWEST_BYTES_PER_MS;
  const leastBytes = format === 'parquet' || format === 'arrow' ? 512 << 20 : 1536 << 20;
  return { stallMs, memoryBytes: leastBytes + 40 * nBytes };
}
