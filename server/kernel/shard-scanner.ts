// What compares the samples with one shard. The kernel does it by reading the shard; whatever else gives the same
// result for the same samples may stand in its place.

import type { Shard } from '../corpus/shard.ts';
import type { ShardResult } from '../engine/detection.ts';

export interface ScanHooks {
  readonly signal: AbortSignal;
  /** Bytes taken from the disk since the last call, and the row that is being read. */
  readonly onBytes: (diskBytes: number, byteOffset: number) => void;
  /** Whether the next chunk is read and inflated while one is scanned, which takes a second core. */
  readonly readAhead: 'one-chunk' | 'none';
}

export interface ShardScanner {
  /** Throws when the disk fails: then nothing of the shard counts. Damaged data becomes problems. */
  scan(shard: Shard, hooks: ScanHooks): Promise<ShardResult>;
}
