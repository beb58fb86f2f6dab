// Drives the step graph for one batch: run after run, over one cache. Knows the graph's
// inputs and outputs; knows nothing of threads, studies or text.

import { type InferenceSession, Tensor } from 'onnxruntime-node';
import type { DecoderModel } from '../../decoder/decoder-model.ts';
import type { DecoderSpec } from '../../decoder/decoder-spec.ts';
import { openSession, type SessionSettings } from '../../onnx/session.ts';
import type { PickRule } from '../../pick/pick-token.ts';
import type { RunSize } from '../device/device-form.ts';
import { feedSteps, takeSteps } from '../feed-steps.ts';
import type { LogitsListener } from '../graph-form.ts';
import { Row, type Sampler } from '../rows.ts';
import {
  buildEmptyCache,
  buildStepGraph,
  type StepForm,
  stepCacheNames,
  stepCacheOutputs,
} from './step-graph.ts';

/**
 * Every batch has the same size, as in generate-on-device.ts and for the same reason. `onLogits` hears those of each
 * run's last step, float32 [rows, vocabulary].
 */
export async function openStepSampler(
  model: DecoderModel,
  rule: PickRule,
  form: StepForm,
  { nRows, nPositions }: RunSize,
  session: SessionSettings,
  onLogits?: LogitsListener,
): Promise<Sampler> {
  const { config } = model;
  const { nSteps, arithmetic } = form;
  const nRuns = Math.ceil((nPositions - 1) / nSteps);
  const capacity = nRuns * nSteps;
  const logits = onLogits === undefined ? {} : { logits: null };
  // Only what is written in place stays in the device's memory: a cache that is handed on comes through the host.
  const kept = form.cache === 'in-place' ? stepCacheNames('present', config.nLayers) : [];
  const emptyCache = await openSession(buildEmptyCache(model), { ...session, deviceOutputs: kept });
  const outputs = onLogits === undefined ? 'tokens' : 'tokens-and-logits';
  const steps = await openSession(buildStepGraph(model, rule, form, capacity, outputs), session);
  return async (settings, requests, isStopped) => {
    const rows = requests.map((request) => new Row(request, settings.maxTokens));
    const cache = new StepCache(config, nRows, capacity, form);
    await cache.create(emptyCache);
    try {
      for (let run = 0; run < nRuns && rows.some((row) => row.remaining > 0); run++) {
        if (isStopped()) return null;
        const ahead = { start: run * nSteps, shape: [nSteps], nRows, arithmetic };
        const { remaining: _, ...fed } = feedSteps(rows, settings, ahead);
        const made = await steps.run(
          { ...fed, ...placesOf(ahead.start, nSteps, nRows, config), ...cache.inputs() },
          { picked: null, logprob: null, ...logits, ...cache.outputs() },
        );
        takeSteps(rows, ahead, made, config.eosTokens);
        onLogits?.(made.logits!.data as Float32Array);
        cache.replace(made);
      }
    } finally {
      cache.dispose();
    }
    return rows.map((row) => row.result());
  };
}

/** The place of each step in the text and in the cache. */
function placesOf(start: number, nSteps: number, nRows: number, config: DecoderSpec): Record<string, Tensor> {
  const positions = Array.from({ length: nSteps }, (_, step) => start + step);
  // A last run may go beyond the context; what it makes there is never used.
  const inside = positions.map((position) => Math.min(position, config.nPositions - 1));
  const lengths = positions.flatMap((position) => new Array<number>(nRows).fill(position));
  const totals = positions.map((position, step) => [
    `total.${step}`,
    new Tensor('int32', Int32Array.of(position + 1), []),
  ]);
  return {
    position: new Tensor('int32', Int32Array.from(inside), [nSteps, 1]),
    length: new Tensor('int32', Int32Array.from(lengths), [nSteps, nRows]),
    ...Object.fromEntries(totals),
  };
}

/**
 * Keys and values between runs, in the memory that the runtime keeps them in. What the runtime made itself must be
 * what it is given again: it refuses a buffer that was made elsewhere.
 */
class StepCache {
  readonly #nLayers: number;
  readonly #shape: readonly number[];
  readonly #form: StepForm;
  #tensors: readonly Tensor[] = [];

  constructor(
    { nLayers, attention: { nKeyHeads, headWidth } }: DecoderSpec,
    nRows: number,
    nPositions: number,
    form: StepForm,
  ) {
    this.#form = form;
    this.#nLayers = nLayers;
    this.#shape = [nRows, nKeyHeads, nPositions, headWidth];
  }

  async create(emptyCache: InferenceSession): Promise<void> {
    const shape = new Tensor('int64', BigInt64Array.from(this.#shape, BigInt), [4]);
    const outputs = await emptyCache.run({ shape });
    this.#tensors = stepCacheNames('present', this.#nLayers).map((name) => outputs[name]!);
  }

  inputs(): Record<string, Tensor> {
    const names = stepCacheNames('past', this.#nLayers);
    return Object.fromEntries(names.map((name, i) => [name, this.#tensors[i]!]));
  }

  /** Tensors that a run is to write its cache into; null leaves the place to the runtime. */
  outputs(): Record<string, Tensor | null> {
    const isKept = this.#form.cache === 'in-place';
    const names = stepCacheOutputs(this.#form, this.#nLayers);
    return Object.fromEntries(
      names.map((name, i) => [name, isKept ? this.#tensors[i % this.#tensors.length]! : null]),
    );
  }

  replace(outputs: Readonly<Record<string, Tensor>>): void {
    if (this.#form.cache === 'in-place') return;
    this.dispose();
    this.#tensors = stepCacheOutputs(this.#form, this.#nLayers).map((name) => outputs[name]!);
  }

  dispose(): void {
    for (const tensor of this.#tensors) if (tensor.location !== 'cpu') tensor.dispose();
  }
}
