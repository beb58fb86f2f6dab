// What the scan's main thread and its workers say to each other.

import type { Shard } from '../corpus/shard.ts';
import type { ShardResult } from '../engine/detection.ts';
import type { ScanHooks } from './shard-scanner.ts';
import type { SharedIndex } from './share-index.ts';

export interface ScanTask {
  readonly shard: Shard;
  readonly readAhead: ScanHooks['readAhead'];
}

/** First the index, then one shard after the other. */
export type ToWorker =
  | { readonly kind: 'index'; readonly index: SharedIndex }
  | { readonly kind: 'scan'; readonly task: ScanTask };

export type WorkerMessage<Result = ShardResult> =
  | {
      readonly kind: 'progress';
      /** Since the last message. */
      readonly diskBytes: number;
      /** Start of the row that is being read, in the shard's decompressed stream. */
      readonly byteOffset: number;
    }
  | { readonly kind: 'scanned'; readonly result: Result }
  | {
      readonly kind: 'failed';
      readonly byteOffset: number;
      readonly message: string;
      /** Whether the machine is to blame, such as a disk, or we are. */
      readonly cause: 'environment' | 'bug';
    };
