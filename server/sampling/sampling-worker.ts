// The thread that inference blocks. It opens one session, then answers batch after batch.

import { parentPort, workerData } from 'node:worker_threads';
import { type GenerationSettings, generateBatch, type RowRequest, type RowResult } from './generate-batch.ts';
import { buildGenerationGraph } from './generation-graph.ts';
import type { Gpt2Model } from './gpt2-graph.ts';
import type { PickRule } from './pick-token.ts';
import { openSession, type SessionSettings } from './session.ts';

export interface WorkerStart {
  readonly model: Gpt2Model;
  readonly rule: PickRule;
  readonly session: SessionSettings;
  readonly generation: GenerationSettings;
  /** Shared; anything but 0 stops the batch in work at the end of its run. */
  readonly stop: Int32Array<SharedArrayBuffer>;
}

/** To the worker: a batch, or null for the end. */
export type WorkerRequest = readonly RowRequest[] | null;

/** From the worker: `ready` once, then one answer a request. */
export type WorkerAnswer =
  | { readonly kind: 'ready' }
  | { readonly kind: 'batch'; readonly rows: readonly RowResult[] }
  | { readonly kind: 'failed'; readonly error: Error };

const port = parentPort!;
const start: WorkerStart = workerData;
const send = (answer: WorkerAnswer) => port.postMessage(answer);
const fail = (cause: unknown) =>
  send({ kind: 'failed', error: cause instanceof Error ? cause : new Error(String(cause)) });

try {
  const session = await openSession(buildGenerationGraph(start.model, start.rule), start.session);
  const isStopped = () => Atomics.load(start.stop, 0) !== 0;
  port.on('message', async (rows: WorkerRequest) => {
    if (rows === null) return port.close();
    try {
      const results = await generateBatch(session, start.generation, rows, isStopped);
      if (results !== null) send({ kind: 'batch', rows: results });
    } catch (cause) {
      fail(cause);
    }
  });
  send({ kind: 'ready' });
} catch (cause) {
  fail(cause);
}
