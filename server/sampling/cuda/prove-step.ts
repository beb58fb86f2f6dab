// Whether a card computes what the model's files say: every operation of a step, over a few rows and two positions,
// against plain arithmetic on what the operation read. Weights are taken from their files again, a few columns of each
// matrix, so that the proof costs little whatever the model's size. A driver that starts and then computes something
// else is found here, before any sample is made.

import type { DecoderModel } from '../decoder/decoder-model.ts';
import { type DecoderSpec, queryWidth } from '../decoder/decoder-spec.ts';
import type { Linear, Norm } from '../decoder/decoder-table.ts';
import type { DecoderWeights, StoredTensor } from '../decoder/decoder-weights.ts';
import type { PickRule } from '../pick/pick-token.ts';
import type { CudaDecoder } from './cuda-decoder.ts';
import { logitStride } from './kernel-sizes.ts';
import { activate, type Vector } from './plain-activation.ts';
import { sinusoidsAt } from './position-tables.ts';
import type { Buffer as DeviceBuffer, Operation, OperationFacts } from './step-operations.ts';
import { StoredValues } from './stored-values.ts';

/** A second position is the first that reads a cache. */
const N_POSITIONS = 2;
const N_ROWS = 4;
/** Ten times what 16 bits round to, relative to the size of what is compared; wrong results are off by about 1. */
const TOLERANCE = 0.005;
/** In nats: sums over a vocabulary are in 32 bits. */
const LOGPROB_TOLERANCE = 1e-3;

/** What is wrong, in words, or null; and the largest difference that was seen, relative to the size of what was compared. */
export interface StepProof {
  readonly wrong: string | null;
  readonly worst: number;
}

export function proveStep(
  decoder: CudaDecoder,
  { config, weights }: Pick<DecoderModel, 'config' | 'weights'>,
  rule: PickRule,
): StepProof {
  const proof = new Proof(decoder, config, weights, rule);
  try {
    return proof.run();
  } finally {
    proof.close();
  }
}

class Proof {
  readonly #decoder: CudaDecoder;
  readonly #spec: DecoderSpec;
  readonly #weights: DecoderWeights;
  readonly #rule: PickRule;
  readonly #nRows: number;
  readonly #stored = new StoredValues();
  /** Keys and values of earlier positions, [layer][row][position]. */
  readonly #past = new Map<number, { keys: Vector[]; values: Vector[] }[]>();
  #position = 0;
  #worst = 0;

  constructor(decoder: CudaDecoder, spec: DecoderSpec, weights: DecoderWeights, rule: PickRule) {
    this.#rule = rule;
    this.#decoder = decoder;
    this.#spec = spec;
    this.#weights = weights;
    this.#nRows = Math.min(N_ROWS, decoder.size.nRows);
  }

  run(): StepProof {
    const { driver, operations, step } = this.#decoder;
    this.#begin();
    for (this.#position = 0; this.#position < N_POSITIONS; this.#position++) {
      for (const operation of operations) {
        const wrong = this.#check(operation);
        if (wrong !== null) return { wrong: `${operation.name}: ${wrong}`, worst: this.#worst };
      }
    }
    const byOperations = this.#logits();
    const wrongPick = this.#checkPick(byOperations);
    if (wrongPick !== null) return { wrong: `pick: ${wrongPick}`, worst: this.#worst };
    this.#begin();
    for (let i = 0; i < N_POSITIONS; i++) driver.run(step);
    const recorded = this.#logits();
    const isSame = byOperations.every((value, i) => value === recorded[i]);
    return {
      wrong: isSame ? null : 'a recorded step gives other logits than its operations',
      worst: this.#worst,
    };
  }

  close(): void {
    this.#stored.close();
  }

  /** Rows begin with tokens from all over the vocabulary, and are fed one more. */
  #begin(): void {
    const { driver, buffers, size } = this.#decoder;
    const stride = Math.max(1, Math.floor(this.#spec.vocabularySize / (N_ROWS * N_POSITIONS)));
    const of = (values: (row: number) => number) =>
      Int32Array.from({ length: size.nRows }, (_, row) => values(row));
    const isChecked = (row: number) => row < this.#nRows;
    driver.upload(
      buffers.token,
      of((row) => (isChecked(row) ? this.#tokenAt(row, 0, stride) : 0)),
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
      const prompt = Array.from({ length: N_POSITIONS }, (_, at) => this.#tokenAt(row, at, stride));
      driver.upload(buffers.prompts + 4 * row * size.nPositions, Int32Array.from(prompt));
    }
  }

  #tokenAt(row: number, position: number, stride: number): number {
    return ((row * N_POSITIONS + position) * stride) % this.#spec.vocabularySize;
  }

  #check({ facts, ask }: Operation): string | null {
    const before = inputOf(facts) === null ? [] : this.#rows(inputOf(facts)!);
    const target = outputOf(facts);
    const isAdded = 'adds' in facts ? facts.adds : facts.kind === 'embed' && facts.parts === 'positions';
    const old = target !== null && isAdded ? this.#rows(target) : null;
    ask();
    if (target === null) return null;
    const after = this.#rows(target);
    for (let row = 0; row < this.#nRows; row++) {
      const expected = this.#expect(facts, row, before[row]!);
      const actual = old === null ? after[row]! : after[row]!.map((value, i) => value - old[row]![i]!);
      const error = relativeError(actual, expected);
      this.#worst = Math.max(this.#worst, error);
      if (!(error <= TOLERANCE)) return `it is off by ${error.toExponential(1)} of its size`;
    }
    return null;
  }

  /** Values that the row should have now, by their places. */
  #expect(facts: OperationFacts, row: number, input: Vector): ReadonlyMap<number, number> {
    switch (facts.kind) {
      case 'embed':
        return all(this.#embedding(facts.parts, row));
      case 'norm': {
        const normed = facts.norm === null ? input : this.#normed(facts.norm, input);
        return all(facts.adds ? normed.map((value) => value * this.#spec.residualScale) : normed);
      }
      case 'product':
        return this.#product(facts.parts, input);
      case 'head-norms':
        return all(this.#headNorms(facts.layer, input));
      case 'attend':
        return all(this.#attend(facts.layer, row, input));
      case 'activate': {
        const { gated, innerWidth, activation } = this.#spec.mlp;
        const open = input.slice(0, innerWidth).map((value) => activate(activation, value));
        return all(gated ? open.map((value, i) => value * input[innerWidth + i]!) : open);
      }
      case 'limit': {
        const { scale, cap } = this.#spec.logits;
        const limited = input.map((value) => withCap(value * scale, cap));
        return all(limited);
      }
      case 'pick':
        return new Map();
    }
  }

  #embedding(parts: Extract<OperationFacts, { kind: 'embed' }>['parts'], row: number): Vector {
    const { embedding, positions } = this.#weights;
    const { width, embeddingWidth, embeddingScale, vocabularySize } = this.#spec;
    const stride = Math.max(1, Math.floor(vocabularySize / (N_ROWS * N_POSITIONS)));
    const table = this.#spec.positions;
    const place = () =>
      typeof table === 'object'
        ? sinusoidsAt(table, this.#position)
        : [...this.#stored.read(positions!, this.#position * width, width)];
    if (parts === 'positions') return place();
    const start = this.#tokenAt(row, this.#position, stride) * embeddingWidth;
    const word = [...this.#stored.read(embedding, start, embeddingWidth)].map(
      (value) => value * embeddingScale,
    );
    if (parts === 'tokens') return word;
    const added = place();
    return word.map((value, i) => value + added[i]!);
  }

  #normed({ scale, shift }: Norm<StoredTensor>, x: Vector): Vector {
    const { kind, epsilon, factor } = this.#spec.norm;
    const more = factor === 'weight-and-one' ? 1 : 0;
    const scales = [...this.#stored.read(scale, 0, x.length)].map((value) => value + more);
    const shifts = shift === null ? null : this.#stored.read(shift, 0, x.length);
    const mean = kind === 'layer' ? sum(x) / x.length : 0;
    const spread = Math.sqrt(sum(x.map((value) => (value - mean) ** 2)) / x.length + epsilon);
    return x.map((value, i) => ((value - mean) / spread) * scales[i]! + (shifts?.[i] ?? 0));
  }

  /** A few columns of each part, another few for each. */
  #product(parts: readonly Linear<StoredTensor>[], x: Vector): ReadonlyMap<number, number> {
    const expected = new Map<number, number>();
    let start = 0;
    for (const { weight, layout, bias } of parts) {
      const { from, columns } = this.#stored.columnsOf(weight, layout);
      const biases = bias === null ? null : this.#stored.read(bias, from, columns.length);
      for (const [at, column] of columns.entries()) {
        expected.set(start + from + at, dot(column, x) + (biases?.[at] ?? 0));
      }
      start += weight.shape[layout === 'in-out' ? 1 : 0]!;
    }
    return expected;
  }

  #headNorms(layer: number, qkv: Vector): Vector {
    const { attention } = this.#spec;
    const { queryNorm, keyNorm } = this.#weights.layers[layer]!;
    const { headWidth, nHeads, nKeyHeads } = attention;
    const out = [...qkv];
    const put = (norm: Norm<StoredTensor>, at: number, n: number) => {
      for (const [i, value] of this.#normed(norm, qkv.slice(at, at + n)).entries()) out[at + i] = value;
    };
    if (attention.queryKeyNorm === 'all') {
      put(queryNorm!, 0, queryWidth(attention));
      put(keyNorm!, queryWidth(attention), nKeyHeads * headWidth);
    } else {
      for (let head = 0; head < nHeads + nKeyHeads; head++) {
        put(head < nHeads ? queryNorm! : keyNorm!, this.#placeOf(layer, head) * headWidth, headWidth);
      }
    }
    return out;
  }

  #attend(layer: number, row: number, qkv: Vector): Vector {
    const { headWidth, nHeads, nKeyHeads, layers, scoreCap } = this.#spec.attention;
    const { scale, rotation, window } = layers[layer]!;
    const head = (at: number) => {
      const place = this.#placeOf(layer, at) * headWidth;
      return qkv.slice(place, place + headWidth);
    };
    const turned = (vector: Vector): Vector => {
      if (rotation === null) return vector;
      const out = [...vector];
      for (const [pair, frequency] of rotation.frequencies.entries()) {
        const n = rotation.frequencies.length;
        const [a, b] = rotation.pairs === 'halves' ? [pair, pair + n] : [2 * pair, 2 * pair + 1];
        const [cos, sin] = [Math.cos(this.#position * frequency), Math.sin(this.#position * frequency)];
        out[a] = rotation.factor * (vector[a]! * cos - vector[b]! * sin);
        out[b] = rotation.factor * (vector[b]! * cos + vector[a]! * sin);
      }
      return out;
    };
    const past = this.#pastOf(layer)[row]!;
    past.keys[this.#position] = Array.from({ length: nKeyHeads }, (_, at) =>
      turned(head(nHeads + at)),
    ).flat();
    past.values[this.#position] = Array.from({ length: nKeyHeads }, (_, at) =>
      head(nHeads + nKeyHeads + at),
    ).flat();
    const first = window === null ? 0 : Math.max(0, this.#position + 1 - window);
    const [keys, values] = [past.keys.slice(first), past.values.slice(first)];
    return Array.from({ length: nHeads }, (_, at) => {
      const from = Math.floor(at / (nHeads / nKeyHeads)) * headWidth;
      const query = turned(head(at));
      const scores = keys.map((key) =>
        withCap(scale * dot(query, key.slice(from, from + headWidth)), scoreCap),
      );
      const highest = Math.max(...scores);
      const shares = scores.map((score) => Math.exp(score - highest));
      const whole = sum(shares);
      return query.map((_, i) => sum(values.map((value, p) => (shares[p]! / whole) * value[from + i]!)));
    }).flat();
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
      const own = logits.subarray(row * stride, row * stride + vocabularySize);
      const at = row * size.nPositions + N_POSITIONS - 1;
      const logit = own[picked[at]!];
      if (logit === undefined) return `there is no token ${picked[at]}`;
      const highest = own.reduce((most, value) => Math.max(most, value), -Infinity);
      const total = own.reduce((whole, value) => whole + Math.exp(value - highest), 0);
      const error = Math.abs(logprob[at]! - (logit - highest - Math.log(total)));
      if (!(error <= LOGPROB_TOLERANCE)) return `a log-probability is off by ${error.toExponential(1)}`;
      const nAbove = own.reduce((n, value) => n + (value > logit ? 1 : 0), 0);
      if (nAbove >= nCandidates) return `a token was picked that has ${nAbove} likelier ones before it`;
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

  #placeOf(layer: number, head: number): number {
    const { qkv } = this.#weights.layers[layer]!;
    return qkv.kind === 'joint' ? (qkv.headOrder?.[head] ?? head) : head;
  }

  #logits(): Float32Array {
    const { driver, buffers } = this.#decoder;
    const logits = new Float32Array(this.#nRows * logitStride(this.#spec));
    driver.download(logits, buffers.logits);
    return logits;
  }

  #rows({ address, type, width }: DeviceBuffer): Vector[] {
    const { driver } = this.#decoder;
    const n = this.#nRows * width;
    const values = type === 'float32' ? new Float32Array(n) : new Float16Array(n);
    driver.download(values, address);
    return Array.from({ length: this.#nRows }, (_, row) => [
      ...values.subarray(row * width, (row + 1) * width),
    ]);
  }
}

function inputOf(facts: OperationFacts): DeviceBuffer | null {
  if (facts.kind === 'head-norms') return facts.qkv;
  if (facts.kind === 'limit') return facts.logits;
  return 'from' in facts ? facts.from : null;
}

function outputOf(facts: OperationFacts): DeviceBuffer | null {
  if (facts.kind === 'head-norms') return facts.qkv;
  if (facts.kind === 'limit') return facts.logits;
  return 'to' in facts ? facts.to : null;
}

const all = (vector: Vector): ReadonlyMap<number, number> => new Map(vector.entries());
const withCap = (x: number, cap: number | null): number => (cap === null ? x : cap * Math.tanh(x / cap));
const sum = (x: Vector): number => x.reduce((total, value) => total + value, 0);

function dot(x: Vector | Float32Array, y: Vector): number {
  let total = 0;
  for (let i = 0; i < y.length; i++) total += x[i]! * y[i]!;
  return total;
}

/** ‖actual − expected‖ / ‖expected‖ over the places that are expected. */
function relativeError(actual: Vector, expected: ReadonlyMap<number, number>): number {
  let difference = 0;
  let size = 0;
  for (const [at, value] of expected) {
    difference += (actual[at]! - value) ** 2;
    size += value ** 2;
  }
  return size === 0 ? Math.sqrt(difference) : Math.sqrt(difference / size);
}
