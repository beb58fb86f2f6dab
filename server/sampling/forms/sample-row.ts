// One sample in the making: which token it is fed at a position, and what becomes of what is picked there.
// Knows nothing of batches or graphs.

import type { RowRequest, RowResult } from './cached/generate-batch.ts';

/** One sample on its way. `position` counts from the prompt's first token. */
export class SampleRow {
  readonly sampleId: number;
  readonly #prompt: readonly number[];
  readonly #tokens: Uint32Array<ArrayBuffer>;
  readonly #logprobs: Float32Array<ArrayBuffer>;
  #nTokens = 0;
  #hasEnded = false;

  constructor({ sampleId, prompt }: RowRequest, maxTokens: number) {
    this.sampleId = sampleId;
    this.#prompt = prompt;
    this.#tokens = new Uint32Array(maxTokens);
    this.#logprobs = new Float32Array(maxTokens);
  }

  get remaining(): number {
    return this.#hasEnded ? 0 : this.#tokens.length - this.#nTokens;
  }

  /** Steps until this row has all its tokens, if it never ends by itself. */
  stepsLeft(position: number): number {
    return this.remaining === 0 ? 0 : this.#prompt.length - 1 + this.#tokens.length - position;
  }

  /** The token to feed at a position; any, once the sample has ended. */
  tokenAt(position: number): number {
    return this.#prompt[position] ?? this.#tokens[position - this.#prompt.length] ?? 0;
  }

  /** What the prompt demands at a position, or -1 where the model picks. */
  forcedAt(position: number): number {
    return this.#prompt[position] ?? -1;
  }

  /** How many tokens were picked before the one that is picked from this position. */
  stepAt(position: number): number {
    return position + 1 - this.#prompt.length;
  }

  take(position: number, token: number, logprob: number, eosTokens: readonly number[]): void {
    if (this.remaining === 0 || this.stepAt(position) < 0) return;
    this.#tokens[this.#nTokens] = token;
    this.#logprobs[this.#nTokens] = logprob;
    this.#nTokens++;
    this.#hasEnded = eosTokens.includes(token);
  }

  result(): RowResult {
    return {
      sampleId: this.sampleId,
      tokens: this.#tokens.slice(0, this.#nTokens),
      logprobs: this.#logprobs.slice(0, this.#nTokens),
      ended: this.#hasEnded ? 'eos' : 'length',
    };
  }
}
