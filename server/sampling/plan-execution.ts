// Turns `auto` into numbers: provider, batch, threads. Nothing decided here may change a sample.

import { availableParallelism } from 'node:os';
import type { Execution, Provider } from '../../protocol/study.ts';
import type { Checkpoint } from './checkpoint.ts';

export interface ExecutionPlan {
  readonly provider: Provider;
  readonly batch: number;
  readonly workers: number;
  /** Threads of one worker. */
  readonly nThreads: number;
  readonly fallbacks: readonly string[];
}

/** Beyond this, a bigger batch was no faster on any machine measured. */
const MAX_BATCH = 64;
/** Weights up to this size are worth a copy for every core: threads that never wait for each other are faster. */
const MAX_COPIED_WEIGHT_BYTES = 100e6;
/** The share of available memory that the caches may fill. */
const MEMORY_SHARE = 0.5;

export function planExecution(
  execution: Execution,
  { config, weightBytes }: Checkpoint,
  nPending: number,
  nPositions: number,
): ExecutionPlan {
  const fallbacks: string[] = [];
  const provider: Provider = 'cpu';
  if (execution.provider !== 'auto' && execution.provider !== 'cpu') {
    fallbacks.push(`The provider ${execution.provider} does not do this: the CPU is used.`);
  }
  const nCores = availableParallelism();
  const wanted = execution.workers === 'auto' ? autoWorkers(weightBytes, nCores) : execution.workers;
  const workers = Math.max(1, Math.min(wanted, nPending));
  const cacheBytesPerRow = 4 * 2 * config.nLayers * config.width * nPositions;
  const budget = (process.availableMemory() * MEMORY_SHARE) / workers - 2 * weightBytes;
  const fitting = Math.max(1, Math.floor(budget / (1.5 * cacheBytesPerRow)));
  const batch =
    execution.batch === 'auto'
      ? Math.min(MAX_BATCH, fitting, Math.ceil(nPending / workers))
      : Math.min(execution.batch, nPending);
  return { provider, batch, workers, nThreads: Math.max(1, Math.floor(nCores / workers)), fallbacks };
}

/** Scoring has no batch to choose: its runs are as large as a second allows. */
export function planScoring(
  execution: Execution,
  checkpoint: Checkpoint,
): Pick<ExecutionPlan, 'provider' | 'workers' | 'nThreads'> {
  return planExecution({ ...execution, batch: 1 }, checkpoint, Number.MAX_SAFE_INTEGER, 1);
}

function autoWorkers(weightBytes: number, nCores: number): number {
  return weightBytes <= MAX_COPIED_WEIGHT_BYTES ? nCores : 1;
}
