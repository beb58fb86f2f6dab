// Drives the generation loop for one batch: segment after segment until every row has ended. Knows the
// graph's inputs and outputs; knows nothing of threads, studies or text.

import { type InferenceSession, Tensor } from 'onnxruntime-node';
import type { DecoderModel } from '../../decoder/decoder-model.ts';
import type { DecoderSpec } from '../../decoder/decoder-spec.ts';
import { openSession, type SessionSettings } from '../../onnx/session.ts';
import type { PickRule } from '../../pick/pick-token.ts';
import { feedSteps, takeSteps } from '../feed-steps.ts';
import type { LogitsListener } from '../graph-form.ts';
import { Row, rowsWorthKeeping, type Sampler } from '../rows.ts';
import { buildGenerationGraph } from './generation-graph.ts';
import { KeyValueCache } from './key-value-cache.ts';

/** How long one run may block its thread: what a user waits for after cancelling. */
const RUN_MS = 400;
const FIRST_RUN_STEPS = 4;

export async function openCachedSampler(
  model: DecoderModel,
  rule: PickRule,
  session: SessionSettings,
  onLogits?: LogitsListener,
): Promise<Sampler> {
  const outputs = onLogits === undefined ? 'tokens' : 'tokens-and-logits';
  const loop = await openSession(buildGenerationGraph(model, rule, outputs), session);
  return sampleWithLoop(loop, model.config, onLogits);
}

/** `onLogits` hears those of each run's steps, float32 [steps, rows, vocabulary], where the graph gives them. */
export function sampleWithLoop(
  loop: InferenceSession,
  config: DecoderSpec,
  onLogits?: LogitsListener,
): Sampler {
  // The last batch's, for the next one: memory from the system takes longer than what is written into it.
  let spare: KeyValueCache | null = null;
  const takeCache = (nRows: number, nPositions: number): KeyValueCache => {
    const cache = spare;
    spare = null;
    if (!cache?.suits(nRows, nPositions)) {
      cache?.release();
      return new KeyValueCache(config, nRows, nPositions);
    }
    cache.clear(nRows);
    return cache;
  };
  return async (settings, requests, isStopped) => {
    const all = requests.map((request) => new Row(request, settings.maxTokens));
    let rows = all;
    const nPositions = Math.max(...rows.map((row) => row.positionsLeft(0)));
    const cache = takeCache(rows.length, nPositions);
    let start = 0;
    let affordableSteps = FIRST_RUN_STEPS;
    while (rows.some((row) => row.remaining > 0)) {
      if (isStopped()) return null;
      const startedAt = performance.now();
      const nLeft = Math.max(...rows.map((row) => row.positionsLeft(start)));
      const nSteps = Math.min(cache.nToBoundary, nLeft, affordableSteps);
      const steps = { start, shape: [nSteps], nRows: rows.length, arithmetic: 'float64' } as const;
      const made = await loop.run({
        ...feedSteps(rows, settings, steps),
        position: new Tensor('int64', BigInt64Array.of(BigInt(start)), [1]),
        ...cache.inputs(),
      });
      const nDone = made.picked!.dims[0]!;
      takeSteps(rows, steps, made, config.eosTokens);
      onLogits?.(made.logits!.data as Float32Array);
      start += nDone;
      cache.advance(nDone, made);
      if (cache.nToBoundary === 0 && rows.some((row) => row.remaining > 0)) {
        cache.closeSegment();
        const kept = rowsWorthKeeping(rows);
        if (kept.length < rows.length) {
          cache.keepRows(kept);
          rows = kept.map((i) => rows[i]!);
        }
      }
      const stepMs = (performance.now() - startedAt) / nDone;
      affordableSteps = Math.max(1, Math.floor(RUN_MS / stepMs));
    }
    spare = cache;
    return all.map((row) => row.result());
  };
}
