// Drives a decoder on a card for a batch: prompts up, one recorded step a token, picks down. Where a row ends before
// the others, the next request takes its place: rows stand at positions of their own.

import { setImmediate as turn } from 'node:timers/promises';
import { EnvironmentError } from '../../errors.ts';
import type { DecoderModel } from '../decoder/decoder-model.ts';
import type { RunSize } from '../forms/device/device-form.ts';
import type { GenerationSettings, RowRequest, RowResult, Sampler } from '../forms/rows.ts';
import type { PickRule } from '../pick/pick-token.ts';
import { temperatureAt } from '../pick/schedule.ts';
import { type CudaDecoder, openCudaDecoder } from './cuda-decoder.ts';
import { proveStep } from './prove-step.ts';

/** Steps between two looks at which rows have ended, and whether the run was stopped. */
const STEPS_AT_ONCE = 16;

/** Throws an EnvironmentError for a card that computes something else than the model's files say. */
export async function openCudaSampler(
  model: DecoderModel,
  rule: PickRule,
  size: RunSize,
  deviceId: number,
): Promise<Sampler> {
  const decoder = openProved(model, rule, size, deviceId).decoder;
  const { eosTokens } = model.config;
  return (settings, requests, isStopped) =>
    new CudaBatch(decoder, eosTokens, settings, requests).run(isStopped);
}

/** The largest difference of an operation from plain arithmetic, relative to the size of what it gives. */
export function proveOnCuda(model: DecoderModel, rule: PickRule, size: RunSize, deviceId: number): number {
  return openProved(model, rule, size, deviceId).worst;
}

function openProved(
  model: DecoderModel,
  rule: PickRule,
  { nRows, nPositions }: RunSize,
  deviceId: number,
): { readonly decoder: CudaDecoder; readonly worst: number } {
  // The last position of a sample is never fed; a proof feeds two.
  const decoder = openCudaDecoder(model, rule, { nRows, nPositions: Math.max(2, nPositions - 1) }, deviceId);
  const { wrong, worst } = proveStep(decoder, model, rule);
  if (wrong === null) return { decoder, worst };
  throw new EnvironmentError(`The card computes something else than the model's files say: ${wrong}`, {
    action: 'Update the driver, or choose another provider.',
  });
}

class CudaBatch {
  readonly #decoder: CudaDecoder;
  readonly #eosTokens: readonly number[];
  readonly #settings: GenerationSettings;
  readonly #requests: readonly RowRequest[];
  readonly #results: RowResult[];
  /** The request that each row works on; -1 for none. */
  readonly #requestOf: Int32Array;
  readonly #token: Int32Array;
  readonly #position: Int32Array;
  readonly #remaining: Int32Array;
  readonly #samples: BigUint64Array;
  readonly #promptLengths: Int32Array;
  /** The step of the whole batch after which each row has ended at the latest. */
  readonly #endsAt: Float64Array;
  #nSteps = 0;
  #nTaken = 0;
  #nMade = 0;

  constructor(
    decoder: CudaDecoder,
    eosTokens: readonly number[],
    settings: GenerationSettings,
    requests: readonly RowRequest[],
  ) {
    const { nRows, nPositions } = decoder.size;
    const longest = Math.max(...requests.map(({ prompt }) => prompt.length - 1 + settings.maxTokens));
    if (longest > nPositions)
      throw new RangeError(`${longest} steps do not fit a cache of ${nPositions} positions`);
    this.#decoder = decoder;
    this.#eosTokens = eosTokens;
    this.#settings = settings;
    this.#requests = requests;
    this.#results = new Array(requests.length);
    this.#requestOf = new Int32Array(nRows).fill(-1);
    this.#endsAt = new Float64Array(nRows);
    this.#token = new Int32Array(nRows);
    this.#position = new Int32Array(nRows);
    this.#remaining = new Int32Array(nRows);
    this.#samples = new BigUint64Array(nRows);
    this.#promptLengths = new Int32Array(nRows).fill(1);
  }

  async run(isStopped: () => boolean): Promise<readonly RowResult[] | null> {
    const { driver, buffers, size, step } = this.#decoder;
    const { schedule, seed } = this.#settings;
    const temperatures = Float64Array.from({ length: size.nPositions }, (_, at) =>
      temperatureAt(schedule, at),
    );
    driver.upload(buffers.temperatures, temperatures);
    driver.upload(buffers.seed, BigInt64Array.of(BigInt(seed)));
    this.#fill();
    while (this.#nMade < this.#requests.length) {
      if (isStopped()) return null;
      const nSteps = Math.min(STEPS_AT_ONCE, this.#mostStepsLeft());
      for (let i = 0; i < nSteps; i++) driver.run(step);
      this.#nSteps += nSteps;
      // Messages to this process are heard between two looks.
      await turn();
      driver.download(this.#remaining, buffers.remaining);
      this.#takeEnded();
    }
    return this.#results;
  }

  /** Steps that the row needs that is farthest from its end. */
  #mostStepsLeft(): number {
    return this.#endsAt.reduce((most, end) => Math.max(most, end - this.#nSteps), 0);
  }

  #takeEnded(): void {
    const { driver, buffers, size } = this.#decoder;
    const ended = [...this.#requestOf.keys()].filter(
      (row) => this.#requestOf[row]! >= 0 && this.#remaining[row] === 0,
    );
    if (ended.length === 0) return;
    const picked = new Int32Array(size.nPositions);
    const logprob = new Float32Array(size.nPositions);
    for (const row of ended) {
      driver.download(picked, buffers.picked + 4 * row * size.nPositions);
      driver.download(logprob, buffers.logprob + 4 * row * size.nPositions);
      const at = this.#requestOf[row]!;
      this.#results[at] = this.#resultOf(this.#requests[at]!, picked, logprob);
      this.#requestOf[row] = -1;
      this.#endsAt[row] = 0;
      this.#nMade++;
    }
    if (this.#nTaken === this.#requests.length) return;
    driver.download(this.#token, buffers.token);
    driver.download(this.#position, buffers.position);
    this.#fill();
  }

  #resultOf({ sampleId, prompt }: RowRequest, picked: Int32Array, logprob: Float32Array): RowResult {
    const { maxTokens } = this.#settings;
    const first = prompt.length - 1;
    let n = 0;
    let hasEnded = false;
    while (n < maxTokens && !hasEnded) hasEnded = this.#eosTokens.includes(picked[first + n++]!);
    return {
      sampleId,
      tokens: Uint32Array.from(picked.subarray(first, first + n)),
      logprobs: logprob.slice(first, first + n),
      ended: hasEnded ? 'eos' : 'length',
    };
  }

  /** Gives every row without work the next request. */
  #fill(): void {
    const { driver, buffers, size } = this.#decoder;
    for (let row = 0; row < size.nRows && this.#nTaken < this.#requests.length; row++) {
      if (this.#requestOf[row]! >= 0) continue;
      const { sampleId, prompt } = this.#requests[this.#nTaken]!;
      this.#requestOf[row] = this.#nTaken++;
      this.#endsAt[row] = this.#nSteps + prompt.length - 1 + this.#settings.maxTokens;
      this.#token[row] = prompt[0]!;
      this.#position[row] = 0;
      this.#remaining[row] = this.#settings.maxTokens;
      this.#samples[row] = BigInt(sampleId);
      this.#promptLengths[row] = prompt.length;
      if (prompt.length > 1)
        driver.upload(buffers.prompts + 4 * row * size.nPositions, Int32Array.from(prompt));
    }
    driver.upload(buffers.token, this.#token);
    driver.upload(buffers.position, this.#position);
    driver.upload(buffers.remaining, this.#remaining);
    driver.upload(buffers.samples, this.#samples);
    driver.upload(buffers.promptLengths, this.#promptLengths);
  }
}
