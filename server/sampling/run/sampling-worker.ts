// The thread that inference blocks. It opens one session, then answers batch after batch.

import { parentPort, workerData } from 'node:worker_threads';
import { UserError } from '../../errors.ts';
import type { DecoderModel } from '../decoder/decoder-graph.ts';
import type { ExportedDecoder } from '../exported/exported-decoder.ts';
import {
  type ExportedSettings,
  generateExported,
  openExportedSampler,
} from '../exported/generate-exported.ts';
import { openExportedScorer } from '../exported/score-exported.ts';
import {
  type GenerationSettings,
  generateBatch,
  type RowRequest,
  type RowResult,
} from '../forms/cached/generate-batch.ts';
import { buildGenerationGraph } from '../forms/cached/generation-graph.ts';
import { type DistributionDistance, measureDistance } from '../forms/score/distribution-distance.ts';
import {
  type StretchRequest,
  type StretchResult,
  scoreBatch,
  teacherForcing,
} from '../forms/score/score-batch.ts';
import { buildScoringGraph } from '../forms/score/scoring-graph.ts';
import { openSession, type SessionSettings } from '../onnx/session.ts';
import type { PickRule } from '../pick/pick-token.ts';

/** What a thread is for, all its life. */
export type WorkerTask =
  | {
      readonly kind: 'generate';
      readonly model: DecoderModel;
      readonly rule: PickRule;
      readonly settings: GenerationSettings;
    }
  | {
      readonly kind: 'generate-exported';
      readonly decoder: ExportedDecoder;
      readonly rule: PickRule;
      readonly settings: ExportedSettings;
    }
  | { readonly kind: 'score'; readonly model: DecoderModel }
  | { readonly kind: 'score-exported'; readonly decoder: ExportedDecoder }
  /** How far the model is from the same one computed in 32-bit floats. */
  | { readonly kind: 'compare'; readonly model: DecoderModel };

export interface ComparisonRequest {
  readonly nRows: number;
}

type Results = readonly RowResult[] | readonly StretchResult[] | readonly DistributionDistance[];

export interface WorkerStart {
  readonly session: SessionSettings;
  readonly task: WorkerTask;
  /** Shared; anything but 0 stops the batch in work at the end of its run. */
  readonly stop: Int32Array<SharedArrayBuffer>;
}

/** To the worker: a batch, or null for the end. */
export type WorkerRequest =
  | readonly RowRequest[]
  | readonly StretchRequest[]
  | readonly ComparisonRequest[]
  | null;

/** From the worker: `ready` once, then one answer a request. */
export type WorkerAnswer =
  | { readonly kind: 'ready' }
  | { readonly kind: 'batch'; readonly rows: Results; readonly elapsedMs: number }
  /** The batch in work did not fit into memory; the thread can go on with a smaller one. */
  | { readonly kind: 'out-of-memory' }
  /** A UserError, in parts: its class does not survive the way between threads. */
  | { readonly kind: 'refused'; readonly message: string; readonly action: string }
  | { readonly kind: 'failed'; readonly error: Error };

const port = parentPort!;
const { session: settings, task, stop }: WorkerStart = workerData;
const send = (answer: WorkerAnswer) => port.postMessage(answer);
const fail = (cause: unknown) => {
  if (cause instanceof UserError) {
    send({ kind: 'refused', message: cause.message, action: cause.action ?? '' });
  } else {
    send({ kind: 'failed', error: cause instanceof Error ? cause : new Error(String(cause)) });
  }
};
const isStopped = () => Atomics.load(stop, 0) !== 0;

try {
  const work = await prepareWork();
  port.on('message', async (batch: WorkerRequest) => {
    if (batch === null) return port.close();
    const startedAt = performance.now();
    try {
      const rows = await work(batch);
      if (rows !== null) send({ kind: 'batch', rows, elapsedMs: performance.now() - startedAt });
    } catch (cause) {
      if (isOutOfMemory(cause)) send({ kind: 'out-of-memory' });
      else fail(cause);
    }
  });
  send({ kind: 'ready' });
} catch (cause) {
  fail(cause);
}

/** Opens what the task needs; gives back what answers a batch, with null for one that was stopped. */
async function prepareWork(): Promise<(batch: Exclude<WorkerRequest, null>) => Promise<Results | null>> {
  switch (task.kind) {
    case 'compare': {
      const { int8: _, ...exact } = task.model;
      return async (batch) => {
        const { nRows } = (batch as readonly ComparisonRequest[])[0]!;
        return [await measureDistance(exact, task.model, nRows, settings.nThreads)];
      };
    }
    case 'generate': {
      const session = await openSession(buildGenerationGraph(task.model, task.rule), settings);
      return (batch) => generateBatch(session, task.settings, batch as readonly RowRequest[], isStopped);
    }
    case 'generate-exported': {
      const { decoder, rule } = task;
      const sampler = await openExportedSampler(decoder, task.settings.config, rule, settings);
      return (batch) => generateExported(sampler, task.settings, batch as readonly RowRequest[], isStopped);
    }
    case 'score': {
      const force = teacherForcing(await openSession(buildScoringGraph(task.model), settings));
      return (batch) => scoreBatch(force, batch as readonly StretchRequest[]);
    }
    case 'score-exported': {
      const force = await openExportedScorer(task.decoder, settings);
      return (batch) => scoreBatch(force, batch as readonly StretchRequest[]);
    }
  }
}

/** The engine's arrays and the runtime's buffers fail differently, and neither with a code. */
function isOutOfMemory(cause: unknown): boolean {
  return cause instanceof Error && /allocation failed|bad_alloc|allocate memory/i.test(cause.message);
}
