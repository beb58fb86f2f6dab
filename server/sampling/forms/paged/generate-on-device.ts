// Drives the paged loop for one batch: one run makes everything. Knows the graph's inputs and outputs; knows
// nothing of threads, studies or text.

import type { DecoderModel } from '../../decoder/decoder-model.ts';
import { openSession, type SessionSettings } from '../../onnx/session.ts';
import type { PickRule } from '../../pick/pick-token.ts';
import type { RunSize } from '../device/device-form.ts';
import { feedSteps, takeSteps } from '../feed-steps.ts';
import type { LogitsListener } from '../graph-form.ts';
import { Row, type Sampler } from '../rows.ts';
import { buildPagedLoop, type PagedLoopForm } from './paged-loop-graph.ts';

/**
 * A batch is filled up to `nRows` with rows that want nothing, and its cache is as long as any of the plan has to be:
 * a matrix product of another height may round differently, and attention is shared out by the cache's length where
 * rows are few. A sample must not depend on who sits beside it. `onLogits` hears those of each iteration's last step,
 * float32 [iterations, rows, vocabulary].
 */
export async function openPagedSampler(
  model: DecoderModel,
  rule: PickRule,
  form: PagedLoopForm,
  { nRows, nPositions }: RunSize,
  session: SessionSettings,
  onLogits?: LogitsListener,
): Promise<Sampler> {
  const { unroll, arithmetic } = form;
  const { eosTokens } = model.config;
  const shape = [Math.ceil((nPositions - 1) / unroll), unroll];
  const outputs = onLogits === undefined ? 'tokens' : 'tokens-and-logits';
  const wanted = ['picked', 'logprob', ...(onLogits === undefined ? [] : ['logits'])];
  const loop = await openSession(buildPagedLoop(model, rule, form, outputs), session);
  return async (settings, requests) => {
    const rows = requests.map((request) => new Row(request, settings.maxTokens));
    const steps = { start: 0, shape, nRows, arithmetic };
    const made = await loop.run({ ...feedSteps(rows, settings, steps) }, wanted);
    takeSteps(rows, steps, made, eosTokens);
    onLogits?.(made.logits!.data as Float32Array);
    return rows.map((row) => row.result());
  };
}
