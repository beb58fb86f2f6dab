// Drives the paged loop for one batch: one run makes everything. Knows the graph's inputs and outputs; knows
// nothing of threads, studies or text.

import { type InferenceSession, Tensor } from 'onnxruntime-node';
import { uniformAt } from '../../pick/philox.ts';
import { temperatureAt } from '../../pick/schedule.ts';
import type { GenerationSettings, RowRequest, RowResult } from '../cached/generate-batch.ts';
import type { RunSize } from '../device/device-form.ts';
import type { PagedLoopForm } from './paged-loop-graph.ts';

/**
 * The results in the order of the rows. The batch is filled up to `nRows` with rows that want nothing, and its cache is
 * as long as any of the plan has to be: a matrix product of another height may round differently, and attention is
 * shared out by the cache's length where rows are few. A sample must not depend on who sits beside it.
 */
export async function generateOnDevice(
  session: InferenceSession,
  form: PagedLoopForm,
  settings: GenerationSettings,
  requests: readonly RowRequest[],
  size: RunSize,
): Promise<readonly RowResult[]> {
  const { nRows } = size;
  const inputs = buildInputs(form, settings, requests, size);
  const { picked, logprob } = await session.run(inputs, ['picked', 'logprob']);
  const tokens = picked!.data as Int32Array;
  const logprobs = logprob!.data as Float32Array;
  const nSteps = tokens.length / nRows;
  return requests.map(({ sampleId, prompt }, row) => {
    const first = prompt.length - 1;
    const result = {
      tokens: new Uint32Array(settings.maxTokens),
      logprobs: new Float32Array(settings.maxTokens),
    };
    let n = 0;
    let hasEnded = false;
    for (let step = first; step < nSteps && n < settings.maxTokens && !hasEnded; step++, n++) {
      result.tokens[n] = tokens[step * nRows + row]!;
      result.logprobs[n] = logprobs[step * nRows + row]!;
      hasEnded = settings.config.eosTokens.includes(result.tokens[n]!);
    }
    return {
      sampleId,
      tokens: result.tokens.slice(0, n),
      logprobs: result.logprobs.slice(0, n),
      ended: hasEnded ? 'eos' : 'length',
    };
  });
}

function buildInputs(
  { unroll, arithmetic }: PagedLoopForm,
  { seed, maxTokens, schedule }: GenerationSettings,
  requests: readonly RowRequest[],
  { nRows, nPositions }: RunSize,
): Record<string, Tensor> {
  const nIterations = Math.ceil((nPositions - 1) / unroll);
  const nPicks = nIterations * unroll * nRows;
  const forced = new Int32Array(nPicks).fill(-1);
  const FloatArray = arithmetic === 'float64' ? Float64Array : Float32Array;
  const uniform = new FloatArray(nPicks);
  const temperature = new FloatArray(nPicks).fill(1);
  const token = new Int32Array(nRows);
  const remaining = new Int32Array(nRows);
  for (const [row, { sampleId, prompt }] of requests.entries()) {
    token[row] = prompt[0]!;
    remaining[row] = maxTokens;
    for (let position = 0; position < nIterations * unroll; position++) {
      const at = position * nRows + row;
      const step = position + 1 - prompt.length;
      forced[at] = prompt[position + 1] ?? -1;
      if (step < 0 || step >= maxTokens) continue;
      uniform[at] = uniformAt(seed, sampleId, step);
      temperature[at] = temperatureAt(schedule, step);
    }
  }
  const perStep = [nIterations, unroll, nRows];
  return {
    token: new Tensor('int32', token, [nRows]),
    remaining: new Tensor('int32', remaining, [nRows]),
    forced: new Tensor('int32', forced, perStep),
    uniform: new Tensor(arithmetic, uniform as Float64Array, [...perStep, 1]),
    temperature: new Tensor(arithmetic, temperature as Float64Array, [...perStep, 1]),
  };
}
