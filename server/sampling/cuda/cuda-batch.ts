// One batch on a card: prompts up, one recorded step a token, picks down. Where a row ends before the others, the next
// request takes its place: rows stand at positions of their own.

import { setImmediate as turn } from 'node:timers/promises';
import type { GenerationSettings, RowRequest, RowResult } from '../forms/rows.ts';
import { temperatureAt } from '../pick/schedule.ts';
import type { CudaDecoder } from './cuda-decoder.ts';

/** What a batch needs of a decoder. */
export type SteppedDecoder = Pick<CudaDecoder, 'buffers' | 'size' | 'step'> & {
  readonly driver: Pick<CudaDecoder['driver'], 'upload' | 'download' | 'run' | 'isBusy'>;
};

/** Steps between two looks at which rows have ended, and whether the run was stopped. */
const STEPS_AT_ONCE = 16;
/** From so many rows on one copy of all that lies between them is faster than one for each. */
const MANY_ROWS = 64;

export class CudaBatch {
  readonly #decoder: SteppedDecoder;
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
    decoder: SteppedDecoder,
    eosTokens: readonly number[],
    settings: GenerationSettings,
    requests: readonly RowRequest[],
  ) {
    const { nRows, nPositions } = decoder.size;
    const longest =
      requests.reduce((most, { prompt }) => Math.max(most, prompt.length), 0) - 1 + settings.maxTokens;
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

  /** `meanwhile` is called again and again while the card works. */
  async run(isStopped: () => boolean, meanwhile: () => void): Promise<readonly RowResult[] | null> {
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
      // Messages come and go while the card works: a thread that waited for it would keep what was made last.
      do {
        meanwhile();
        await turn();
      } while (driver.isBusy());
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
    const { nPositions } = size;
    const pieces = ended.length < MANY_ROWS ? ended.map((row) => [row]) : [ended];
    for (const rows of pieces) {
      const nRows = rows.at(-1)! - rows[0]! + 1;
      const picked = new Int32Array(nRows * nPositions);
      const logprob = new Float32Array(nRows * nPositions);
      driver.download(picked, buffers.picked + 4 * rows[0]! * nPositions);
      driver.download(logprob, buffers.logprob + 4 * rows[0]! * nPositions);
      for (const row of rows) this.#end(row, picked, logprob, (row - rows[0]!) * nPositions);
    }
    if (this.#nTaken === this.#requests.length) return;
    driver.download(this.#token, buffers.token);
    driver.download(this.#position, buffers.position);
    this.#fill();
  }

  /** What the row picked lies from `start` on. */
  #end(row: number, picked: Int32Array, logprob: Float32Array, start: number): void {
    const at = this.#requestOf[row]!;
    const request = this.#requests[at]!;
    this.#results[at] = this.#resultOf(request, picked, logprob, start + request.prompt.length - 1);
    this.#requestOf[row] = -1;
    this.#endsAt[row] = 0;
    this.#nMade++;
  }

  #resultOf({ sampleId }: RowRequest, picked: Int32Array, logprob: Float32Array, first: number): RowResult {
    const { maxTokens } = this.#settings;
    let n = 0;
    let hasEnded = false;
    while (n < maxTokens && !hasEnded) hasEnded = this.#eosTokens.includes(picked[first + n++]!);
    return {
      sampleId,
      tokens: new Uint32Array(picked.subarray(first, first + n)),
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
