// Drives the step graph for one batch: run after run, over one cache. Knows the graph's
// inputs and outputs; knows nothing of threads, studies or text.

import { type InferenceSession, Tensor } from 'onnxruntime-node';
import type { DecoderSpec } from '../../decoder/decoder-spec.ts';
import { uniformAt } from '../../pick/philox.ts';
import { temperatureAt } from '../../pick/schedule.ts';
import type { GenerationSettings, RowRequest, RowResult } from '../cached/generate-batch.ts';
import type { RunSize } from '../device/device-form.ts';
import { type StepForm, stepCacheNames, stepCacheOutputs } from './step-graph.ts';

/** Both keep the cache in the same memory: the device's where it is written in place. */
export interface StepSessions {
  readonly steps: InferenceSession;
  readonly emptyCache: InferenceSession;
}

/**
 * The results in the order of the rows, or null when `isStopped` said so before the end. Every batch has the same size,
 * as in generate-on-device.ts and for the same reason.
 */
export async function generateBySteps(
  { steps, emptyCache }: StepSessions,
  form: StepForm,
  settings: GenerationSettings,
  requests: readonly RowRequest[],
  { nRows, nPositions }: RunSize,
  isStopped: () => boolean,
): Promise<readonly RowResult[] | null> {
  const { config, maxTokens } = settings;
  const nRuns = Math.ceil((nPositions - 1) / form.nSteps);
  const rows = requests.map((request) => new PickedRow(request, maxTokens));
  const cache = new StepCache(config, nRows, nRuns * form.nSteps, form);
  await cache.create(emptyCache);
  try {
    for (let run = 0; run < nRuns && rows.some((row) => !row.isDone); run++) {
      if (isStopped()) return null;
      const start = run * form.nSteps;
      const outputs = await steps.run(
        { ...buildInputs(form, settings, rows, nRows, start), ...cache.inputs() },
        { picked: null, logprob: null, ...cache.outputs() },
      );
      const tokens = outputs.picked!.data as Int32Array;
      const logprobs = outputs.logprob!.data as Float32Array;
      for (let at = 0; at < tokens.length; at++) {
        const position = start + Math.floor(at / nRows);
        rows[at % nRows]?.take(position, tokens[at]!, logprobs[at]!, config.eosTokens);
      }
      cache.replace(outputs);
    }
  } finally {
    cache.dispose();
  }
  return rows.map((row) => row.result());
}

/** One sample on its way. A position counts from the prompt's first token. */
class PickedRow {
  readonly request: RowRequest;
  readonly #tokens: number[] = [];
  readonly #logprobs: number[] = [];
  readonly #maxTokens: number;
  #hasEnded = false;

  constructor(request: RowRequest, maxTokens: number) {
    this.request = request;
    this.#maxTokens = maxTokens;
  }

  get isDone(): boolean {
    return this.#hasEnded || this.#tokens.length >= this.#maxTokens;
  }

  tokenAt(position: number): number {
    const { prompt } = this.request;
    return prompt[position] ?? this.#tokens[position - prompt.length] ?? 0;
  }

  take(position: number, token: number, logprob: number, eosTokens: readonly number[]): void {
    if (this.isDone || position + 1 < this.request.prompt.length) return;
    this.#tokens.push(token);
    this.#logprobs.push(logprob);
    this.#hasEnded = eosTokens.includes(token);
  }

  result(): RowResult {
    return {
      sampleId: this.request.sampleId,
      tokens: Uint32Array.from(this.#tokens),
      logprobs: Float32Array.from(this.#logprobs),
      ended: this.#hasEnded ? 'eos' : 'length',
    };
  }
}

/** Wherever the runtime keeps it. What it made itself must be what it is given: a buffer of one's own fails. */
export class StepCache {
  readonly #nLayers: number;
  readonly #shape: readonly number[];
  readonly #form: Pick<StepForm, 'nSteps' | 'cache'>;
  #tensors: readonly Tensor[] = [];

  constructor(
    { nLayers, nHeads, headWidth }: DecoderSpec,
    nRows: number,
    nPositions: number,
    form: Pick<StepForm, 'nSteps' | 'cache'>,
  ) {
    this.#form = form;
    this.#nLayers = nLayers;
    this.#shape = [nRows, nHeads, nPositions, headWidth];
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

  /** Where a run puts its cache: null is wherever the runtime likes. */
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

function buildInputs(
  { nSteps, arithmetic }: StepForm,
  { seed, schedule, config }: GenerationSettings,
  rows: readonly PickedRow[],
  nRows: number,
  start: number,
): Record<string, Tensor> {
  const forced = new Int32Array(nSteps * nRows).fill(-1);
  const FloatArray = arithmetic === 'float64' ? Float64Array : Float32Array;
  const uniform = new FloatArray(nSteps * nRows);
  const temperature = new FloatArray(nSteps * nRows).fill(1);
  const token = new Int32Array(nRows);
  const lengths = new Int32Array(nSteps * nRows);
  for (let at = 0; at < forced.length; at++) {
    const position = start + Math.floor(at / nRows);
    lengths[at] = position;
    const row = rows[at % nRows];
    if (row === undefined) continue;
    const { sampleId, prompt } = row.request;
    const step = Math.max(0, position + 1 - prompt.length);
    if (position === start) token[at] = row.tokenAt(position);
    forced[at] = prompt[position + 1] ?? -1;
    uniform[at] = uniformAt(seed, sampleId, step);
    temperature[at] = temperatureAt(schedule, step);
  }
  const positions = Array.from({ length: nSteps }, (_, step) => start + step);
  const inside = positions.map((position) => Math.min(position, config.nPositions - 1));
  const totals = positions.map((position, step) => [
    `total.${step}`,
    new Tensor('int32', Int32Array.of(position + 1), []),
  ]);
  return {
    token: new Tensor('int32', token, [nRows]),
    forced: new Tensor('int32', forced, [nSteps, nRows]),
    uniform: new Tensor(arithmetic, uniform as Float64Array, [nSteps, nRows, 1]),
    temperature: new Tensor(arithmetic, temperature as Float64Array, [nSteps, nRows, 1]),
    position: new Tensor('int32', Int32Array.from(inside), [nSteps, 1]),
    length: new Tensor('int32', lengths, [nSteps, nRows]),
    ...Object.fromEntries(totals),
  };
}
