// Whether a card computes what the model's files say: every operation of a step, over a few rows and two positions,
// against plain arithmetic on what the operation read. A driver that starts and then computes something else is found
// here, before any sample is made.

import type { DecoderModel } from '../decoder/decoder-model.ts';
import type { DecoderSpec } from '../decoder/decoder-spec.ts';
import type { PickRule } from '../pick/pick-token.ts';
import {
  type CheckedRow,
  LOGPROB_TOLERANCE,
  measureLogits,
  OperationChecks,
  type Proof,
  type Seen,
} from './check-operation.ts';
import type { CudaDecoder } from './cuda-decoder.ts';
import { logitStride } from './kernel-sizes.ts';
import type { OperationFacts } from './operation.ts';
import type { Vector } from './plain-activation.ts';
import { all, type Expected, PlainOperations } from './plain-operations.ts';

/** A second position is the first that reads a cache. */
const N_POSITIONS = 2;
const N_ROWS = 4;

/**
 * The card does all of it at once; comparing goes on operation by operation, as fast as the generator is asked, so that it
 * can be done beside other work of the card.
 */
export function* proveStep(
  decoder: CudaDecoder,
  { config, weights }: Pick<DecoderModel, 'config' | 'weights'>,
  rule: PickRule,
): Generator<void, Proof> {
  const plain = new PlainOperations(config, weights);
  try {
    return yield* new StepProof(decoder, config, plain, rule).run();
  } finally {
    plain.close();
  }
}

class StepProof {
  readonly #decoder: CudaDecoder;
  readonly #spec: DecoderSpec;
  readonly #plain: PlainOperations;
  readonly #rule: PickRule;
  readonly #nRows: number;
  readonly #checks: OperationChecks;
  /** Keys and values of earlier positions, [layer][row][position]. */
  readonly #past = new Map<number, { keys: Vector[]; values: Vector[] }[]>();

  constructor(decoder: CudaDecoder, spec: DecoderSpec, plain: PlainOperations, rule: PickRule) {
    this.#rule = rule;
    this.#decoder = decoder;
    this.#spec = spec;
    this.#plain = plain;
    this.#nRows = Math.min(N_ROWS, decoder.size.nRows);
    this.#checks = new OperationChecks(decoder.driver);
  }

  *run(): Generator<void, Proof> {
    const found = (wrong: string | null): Proof => ({ wrong, worst: this.#checks.worst });
    const seen = this.#watchSteps();
    const byOperations = this.#logits();
    const wrongPick = this.#checkPick(byOperations);
    if (!this.#stepGives(byOperations))
      return found('a recorded step gives other logits than its operations');
    // The card is free for others from here on.
    yield;
    for (const one of seen) {
      const wrong = this.#checks.compare(one, (...asked) => this.#expect(...asked));
      if (wrong !== null) return found(wrong);
      yield;
    }
    return found(wrongPick === null ? null : `pick: ${wrongPick}`);
  }

  /** Every operation of every position, in order. */
  #watchSteps(): readonly Seen[] {
    this.#begin();
    const seen: Seen[] = [];
    for (let position = 0; position < N_POSITIONS; position++) {
      const rows = Array.from({ length: this.#nRows }, (_, at) => ({
        ...{ at, from: at, position, token: this.#tokenAt(at, position) },
      }));
      for (const operation of this.#decoder.operations) {
        const one = this.#checks.watch(operation, rows);
        if (one !== null) seen.push(one);
      }
    }
    return seen;
  }

  /** Whether the recorded step gives these logits after as many positions. */
  #stepGives(logits: Float32Array): boolean {
    const { driver, step } = this.#decoder;
    this.#begin();
    for (let i = 0; i < N_POSITIONS; i++) driver.run(step);
    const recorded = this.#logits();
    return logits.every((value, i) => value === recorded[i]);
  }

  /** Rows begin with tokens from all over the vocabulary, and are fed one more. */
  #begin(): void {
    const { driver, buffers, size } = this.#decoder;
    const of = (values: (row: number) => number) =>
      Int32Array.from({ length: size.nRows }, (_, row) => values(row));
    const isChecked = (row: number) => row < this.#nRows;
    driver.upload(
      buffers.token,
      of((row) => (isChecked(row) ? this.#tokenAt(row, 0) : 0)),
    );
    driver.upload(
      buffers.position,
      of(() => 0),
    );
    driver.upload(
      buffers.remaining,
      of((row) => (isChecked(row) ? 1 : 0)),
    );
    driver.upload(
      buffers.promptLengths,
      of(() => N_POSITIONS),
    );
    driver.upload(buffers.samples, new BigUint64Array(size.nRows));
    driver.upload(buffers.seed, new BigUint64Array(1));
    driver.upload(buffers.temperatures, new Float64Array(size.nPositions).fill(1));
    for (let row = 0; row < this.#nRows; row++) {
      const prompt = Array.from({ length: N_POSITIONS }, (_, at) => this.#tokenAt(row, at));
      driver.upload(buffers.prompts + 4 * row * size.nPositions, Int32Array.from(prompt));
    }
  }

  #tokenAt(row: number, position: number): number {
    const { vocabularySize } = this.#spec;
    const stride = Math.max(1, Math.floor(vocabularySize / (N_ROWS * N_POSITIONS)));
    return ((row * N_POSITIONS + position) * stride) % vocabularySize;
  }

  /** Values that the row should have now, by their places. */
  #expect(facts: OperationFacts, row: CheckedRow, input: Vector): Expected {
    switch (facts.kind) {
      case 'attend':
        return all(this.#attend(facts.layer, row, input));
      case 'turn':
      case 'attend-texts':
      case 'pick':
      case 'measure':
        return new Map();
      default:
        return this.#plain.rowWise(facts, row, input);
    }
  }

  #attend(layer: number, { at, position }: CheckedRow, qkv: Vector): Vector {
    const turned = this.#plain.turned(layer, position, qkv);
    const { keys, values } = this.#pastOf(layer)[at]!;
    keys[position] = this.#plain.headsOf('keys', layer, turned);
    values[position] = this.#plain.headsOf('values', layer, turned);
    return this.#plain.attended(layer, turned, keys, values);
  }

  /** Whether what was picked is one of the candidates, with the log-probability that its logits give it. */
  #checkPick(logits: Float32Array): string | null {
    const { driver, buffers, size } = this.#decoder;
    const { vocabularySize } = this.#spec;
    const stride = logitStride(this.#spec);
    const picked = new Int32Array(this.#nRows * size.nPositions);
    const logprob = new Float32Array(picked.length);
    driver.download(picked, buffers.picked);
    driver.download(logprob, buffers.logprob);
    const nCandidates = this.#rule.greedy ? 1 : this.#rule.topK || vocabularySize;
    for (let row = 0; row < this.#nRows; row++) {
      const own = [...logits.subarray(row * stride, row * stride + vocabularySize)];
      const at = row * size.nPositions + N_POSITIONS - 1;
      if (own[picked[at]!] === undefined) return `there is no token ${picked[at]}`;
      const measured = measureLogits(own, picked[at]!);
      const error = Math.abs(logprob[at]! - measured.logprob);
      if (!(error <= LOGPROB_TOLERANCE)) return `a log-probability is off by ${error.toExponential(1)}`;
      if (measured.nAbove >= nCandidates)
        return `a token was picked that has ${measured.nAbove} likelier ones before it`;
    }
    return null;
  }

  #pastOf(layer: number) {
    let past = this.#past.get(layer);
    if (past === undefined) {
      past = Array.from({ length: this.#nRows }, () => ({ keys: [], values: [] }));
      this.#past.set(layer, past);
    }
    return past;
  }

  #logits(): Float32Array {
    const { driver, buffers } = this.#decoder;
    const logits = new Float32Array(this.#nRows * logitStride(this.#spec));
    driver.download(logits, buffers.logits);
    return logits;
  }
}
