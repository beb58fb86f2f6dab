// What the scan's main thread and its workers say to each other.

import type { Shard } from '../corpus/shard.ts';
import type { ShardResult } from '../engine/detection.ts';
import type { ScanHooks } from './scan-shard.ts';

export interface ScanTask {
  readonly shard: Shard;
  readonly readAhead: ScanHooks['readAhead'];
}

export type WorkerMessage =
  | {
      readonly kind: 'progress';
      /** Since the last message. */
      readonly diskBytes: number;
      /** Start of the row that is being read, in the shard's decompressed stream. */
      readonly byteOffset: number;
    }
  | { readonly kind: 'scanned'; readonly result: ShardResult }
  | {
      readonly kind: 'failed';
      readonly byteOffset: number;
      readonly message: string;
      /** Of the machine, such as a disk, or ours. */
      readonly cause: 'environment' | 'bug';
    };
