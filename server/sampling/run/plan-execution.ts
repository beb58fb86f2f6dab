// Turns `auto` into numbers: provider, batch, threads. Nothing decided here may change a sample.

import { availableParallelism } from 'node:os';
import type { Execution, Provider } from '../../../protocol/study.ts';
import type { Checkpoint, ExportedModel } from '../model/checkpoint.ts';
import type { IdleThreads } from '../onnx/session.ts';

interface ExecutionPlan {
  readonly provider: Provider;
  /** The size that the search for the fastest batch begins with. */
  readonly batch: number;
  /** The most that memory allows and that is worth a try; no more than `batch` where the user chose that. */
  readonly largestBatch: number;
  readonly workers: number;
  /** How many threads one worker computes with. */
  readonly nThreads: number;
  readonly idle: IdleThreads;
  readonly fallbacks: readonly string[];
}

/** Rows up to which a bigger batch was faster or as fast on every machine measured, for small models and large. */
const GOOD_BATCH = 64;
const MAX_BATCH = 256;
/** Weights up to this size are worth a copy for every core: threads that never wait for each other are faster. */
const MAX_COPIED_WEIGHT_BYTES = 100e6;
/** The share of available memory that the caches may fill. */
const MEMORY_SHARE = 0.5;
/** How often the cache is held, with what grows beside it: an exported graph takes it in and gives it out again. */
const TIMES_HELD = { weights: 1.5, exported: 3 } as const;

export function planExecution(
  execution: Execution,
  { kind, cacheBytesPerPosition, weightBytes }: Checkpoint | ExportedModel,
  nPending: number,
  nPositions: number,
): ExecutionPlan {
  const fallbacks: string[] = [];
  const provider: Provider = 'cpu';
  if (execution.provider !== 'auto' && execution.provider !== 'cpu') {
    fallbacks.push(
      `The provider ${execution.provider} runs neither exported models nor 8-bit products: the CPU is used.`,
    );
  }
  const nCores = availableParallelism();
  const wanted = execution.workers === 'auto' ? autoWorkers(weightBytes, nCores) : execution.workers;
  const workers = Math.max(1, Math.min(wanted, nPending));
  const budget = (process.availableMemory() * MEMORY_SHARE) / workers - 2 * weightBytes;
  const fitting = Math.max(1, Math.floor(budget / (TIMES_HELD[kind] * cacheBytesPerPosition * nPositions)));
  const largestBatch =
    execution.batch === 'auto'
      ? Math.min(MAX_BATCH, fitting, Math.ceil(nPending / workers))
      : Math.min(execution.batch, nPending);
  const batch = execution.batch === 'auto' ? Math.min(GOOD_BATCH, largestBatch) : largestBatch;
  const nThreads = Math.max(1, Math.floor(nCores / workers));
  return { provider, batch, largestBatch, workers, nThreads, idle: idleThreads(weightBytes), fallbacks };
}

/** Scoring has no batch to choose: its runs are as large as a second allows. */
export function planScoring(
  execution: Execution,
  checkpoint: Checkpoint | ExportedModel,
): Pick<ExecutionPlan, 'provider' | 'workers' | 'nThreads' | 'idle'> {
  return planExecution({ ...execution, batch: 1 }, checkpoint, Number.MAX_SAFE_INTEGER, 1);
}

/**
 * Threads that share a small model wait for each other most of the time. Beside others who compute they would wait for
 * one that has no core, and keep the rest from them: a study takes three times as long, and twice the processor time.
 */
const idleThreads = (weightBytes: number): IdleThreads =>
  weightBytes <= MAX_COPIED_WEIGHT_BYTES ? 'asleep' : 'awake';

function autoWorkers(weightBytes: number, nCores: number): number {
  return weightBytes <= MAX_COPIED_WEIGHT_BYTES ? nCores : 1;
}
