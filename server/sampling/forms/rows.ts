// The rows of a batch: what is asked of each, how it grows token by token, and what comes of it. Knows neither
// graphs nor devices, so that every form of the graph counts its tokens alike.

import type { Schedule } from '../pick/schedule.ts';

/** One sample to make. */
export interface RowRequest {
  readonly sampleId: number;
  /** At least one token: the first is fed to start with. */
  readonly prompt: readonly number[];
}

/** One sample as it was made, without its prompt. */
export interface RowResult {
  readonly sampleId: number;
  /** The tokens that were picked, with the end token where there is one. */
  readonly tokens: Uint32Array<ArrayBuffer>;
  /** Natural logarithm of each token's probability under the untruncated softmax at temperature 1. */
  readonly logprobs: Float32Array<ArrayBuffer>;
  readonly ended: 'eos' | 'length';
}

/** What all rows of all batches of a plan have in common. */
export interface GenerationSettings {
  readonly seed: number;
  readonly maxTokens: number;
  readonly schedule: Schedule;
}

/** Makes a batch: results in the order of the rows, or null when `isStopped` said so before the end. */
export type Sampler = (
  settings: GenerationSettings,
  rows: readonly RowRequest[],
  isStopped: () => boolean,
) => Promise<readonly RowResult[] | null>;

/** One sample on its way. A position counts from the prompt's first token, a step from the first token picked. */
export class Row {
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

  /** How many tokens may still be picked: none once the sample has ended. */
  get remaining(): number {
    return this.#hasEnded ? 0 : this.#tokens.length - this.#nTokens;
  }

  /** How many runs of one position this row still needs from a position on, if it never ends by itself. */
  positionsLeft(position: number): number {
    return this.remaining === 0 ? 0 : this.#prompt.length - 1 + this.#tokens.length - position;
  }

  /** The token to feed at a position: of the prompt, then of what was picked; any, once the sample has ended. */
  tokenAt(position: number): number {
    return this.#prompt[position] ?? this.#tokens[position - this.#prompt.length] ?? 0;
  }

  /** The prompt's token at a position, or -1 where the model picks. */
  teacherForcedAt(position: number): number {
    return this.#prompt[position] ?? -1;
  }

  /** Which token of the sample is picked from a position's logits; negative while the prompt is being read. */
  stepAt(position: number): number {
    return position + 1 - this.#prompt.length;
  }

  /** Takes over what was picked from a position's logits, unless the prompt goes on there or the sample has ended. */
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

/**
 * The places of the rows to go on with. Rows that have ended cost as much as others, but dropping them rewrites the
 * cache, so it is done only when it drops many at once.
 */
export function rowsWorthKeeping(rows: readonly Row[]): readonly number[] {
  const alive = [...rows.keys()].filter((i) => rows[i]!.remaining > 0);
  return alive.length <= 0.75 * rows.length ? alive : [...rows.keys()];
}
