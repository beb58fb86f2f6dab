// The seam between a study and the machines that do its heavy work. An executor is told what to do in plain data, gives back what was made,
// in whatever order it is done, and writes no study file: that is left to the study's own process. A sample, or a
// shard's outcome, is the same whoever makes it and however often it is asked for.
//
// This machine is one executor. A cluster is another (`tasks.ts`): it cuts a request into tasks (ranges of samples, shards), and
// what each task leaves behind comes out of the same iterables, in this run or in one that goes on with it.

import type { Execution } from '../../../protocol/study.ts';
import type { ScanRequest } from '../../kernel/scan-corpus.ts';
import type { ShardOutcome } from '../../kernel/scan-pool.ts';
import type { SpareDevices } from '../../sampling/run/spare-devices.ts';
import type { GeneratedSample, SampleRequest } from '../../sampling/sample-model.ts';
import type { MapRequest } from '../maps/map-here.ts';
import type { ShardMap } from '../maps/map-shards.ts';

export interface Executor {
  /** Starts what sampling will need whatever the model is, while that is opened. The caller disposes of it in the end. */
  prepare?(execution: Execution, signal: AbortSignal): Promise<SpareDevices | undefined>;
  /** The samples that are not done yet. What comes together was made together, and is kept whole or not at all. */
  sample(request: SampleRequest): AsyncIterable<readonly GeneratedSample[]>;
  /** One outcome for each shard of the request. */
  scan(request: ScanRequest): AsyncIterable<ShardOutcome>;
  /** One map for each shard of the request. */
  map(request: MapRequest): AsyncIterable<ShardMap>;
  /** Who brings shards that are not on this machine yet: the study, ahead of the work, or whoever reads them. */
  readonly fetching: 'ahead' | 'by readers';
}
