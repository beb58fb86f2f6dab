// The thread that inference blocks. It opens one session, then answers batch after batch.

import { parentPort, workerData } from 'node:worker_threads';
import { UserError } from '../../errors.ts';
import type { DecoderModel } from '../decoder/decoder-model.ts';
import { openForeignSession } from '../exported/foreign-session.ts';
import type { ExportedSource } from '../exported/generate-exported.ts';
import { areRowsIndependent } from '../exported/probe-rows.ts';
import type { ProcessorForm, RowsAtOnce } from '../forms/graph-form.ts';
import type { DrawingRule } from '../forms/map/drawing-rule.ts';
import { mapBatch } from '../forms/map/map-batch.ts';
import type { MapRow, MapRowResult } from '../forms/map/rows.ts';
import type { GenerationSettings, RowRequest, RowResult } from '../forms/rows.ts';
import { type DistributionDistance, measureDistance } from '../forms/score/distribution-distance.ts';
import { scoreBatch, type WindowResult } from '../forms/score/score-batch.ts';
import type { WindowRequest } from '../forms/score/windows.ts';
import { isOutOfMemory } from '../onnx/out-of-memory.ts';
import type { SessionSettings } from '../onnx/session.ts';
import type { PickRule } from '../pick/pick-token.ts';
import { openMap, openSampler, openTeacherForcing, type SampledModel } from './open-sampler.ts';

/** What a thread is for, all its life. */
export type WorkerTask =
  | {
      readonly kind: 'generate';
      readonly model: SampledModel;
      readonly rule: PickRule;
      readonly form: ProcessorForm;
      readonly settings: GenerationSettings;
    }
  | { readonly kind: 'score'; readonly model: SampledModel; readonly rows: RowsAtOnce }
  /** Tries whether rows may run together. */
  | { readonly kind: 'probe'; readonly model: ExportedSource }
  /** Measures the tokens of training data under a rule of drawing. */
  | { readonly kind: 'map'; readonly model: SampledModel; readonly rule: DrawingRule }
  /** Measures how far the model is from the same one computed in 32-bit floats. */
  | { readonly kind: 'compare'; readonly model: DecoderModel };

export interface ComparisonRequest {
  readonly nRows: number;
}

export interface ProbeRequest {
  readonly kind: 'rows';
}

type Results =
  | readonly RowResult[]
  | readonly WindowResult[]
  | readonly MapRowResult[]
  | readonly DistributionDistance[]
  | readonly RowsAtOnce[];

export interface WorkerStart {
  readonly session: SessionSettings;
  readonly task: WorkerTask;
  /** Memory that is shared with the pool: any value but 0 stops the batch in work at the end of its run. */
  readonly stop: Int32Array<SharedArrayBuffer>;
}

/** What the pool sends to the thread: a batch, or null to end it. */
export type WorkerRequest =
  | readonly RowRequest[]
  | readonly WindowRequest[]
  | readonly MapRow[]
  | readonly ComparisonRequest[]
  | readonly ProbeRequest[]
  | null;

/** What the thread answers: `ready` once, then one answer a request. */
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
      const sample = await openSampler(task.model, task.rule, task.form, settings);
      return (batch) => sample(task.settings, batch as readonly RowRequest[], isStopped);
    }
    case 'probe': {
      const { decoder, config } = task.model;
      const session = await openForeignSession(decoder, settings);
      return async () => [(await areRowsIndependent(decoder, config, session)) ? 'together' : 'alone'];
    }
    case 'score': {
      const readTexts = await openTeacherForcing(task.model, settings, task.rows);
      return (batch) => scoreBatch(readTexts, batch as readonly WindowRequest[]);
    }
    case 'map': {
      const { rule } = task;
      const measure = await openMap(task.model, rule, settings);
      return (batch) => mapBatch(measure, rule, batch as readonly MapRow[]);
    }
  }
}
