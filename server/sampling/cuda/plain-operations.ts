// What the operations of a decoder give, by plain arithmetic on what a card read: weights are taken from their files again,
// a few columns of each matrix, so that a proof costs little whatever the model's size.

import { type DecoderSpec, queryWidth, type Rotation } from '../decoder/decoder-spec.ts';
import type { Linear, Norm } from '../decoder/decoder-table.ts';
import type { DecoderWeights, StoredTensor } from '../decoder/decoder-weights.ts';
import type { OperationFacts } from './operation.ts';
import { activate, type Vector } from './plain-activation.ts';
import { sinusoidsAt } from './position-tables.ts';
import { StoredValues } from './stored-values.ts';

/** Values by their places. */
export type Expected = ReadonlyMap<number, number>;

/** Operations that treat each row by itself, whatever it stands for. */
export type RowWise = Extract<
  OperationFacts,
  { kind: 'embed' | 'norm' | 'product' | 'head-norms' | 'activate' | 'limit' }
>;

export class PlainOperations {
  readonly #spec: DecoderSpec;
  readonly #weights: DecoderWeights;
  readonly #stored = new StoredValues();

  constructor(spec: DecoderSpec, weights: DecoderWeights) {
    this.#spec = spec;
    this.#weights = weights;
  }

  close(): void {
    this.#stored.close();
  }

  /** What a row of such a token at such a position should have after the operation. */
  rowWise(facts: RowWise, { token, position }: TokenAt, input: Vector): Expected {
    switch (facts.kind) {
      case 'embed':
        return all(this.#embedding(facts.parts, token, position));
      case 'norm': {
        const normed = facts.norm === null ? input : this.#normed(facts.norm, input);
        return all(facts.adds ? normed.map((value) => value * this.#spec.residualScale) : normed);
      }
      case 'product': {
        const product = this.#product(facts.parts, input);
        if (!facts.isActivated) return product;
        const { activation } = this.#spec.mlp;
        return new Map(Array.from(product, ([at, value]) => [at, activate(activation, value)]));
      }
      case 'head-norms':
        return all(this.#headNorms(facts.layer, input));
      case 'activate': {
        const { gated, innerWidth, activation } = this.#spec.mlp;
        const open = input.slice(0, innerWidth).map((value) => activate(activation, value));
        return all(gated ? open.map((value, i) => value * input[innerWidth + i]!) : open);
      }
      case 'limit': {
        const { scale, cap } = this.#spec.logits;
        return all(input.map((value) => withCap(value * scale, cap)));
      }
    }
  }

  /** Queries and keys of a row at a position, those of values as they are. */
  turned(layer: number, position: number, qkv: Vector): Vector {
    const { attention } = this.#spec;
    const { nHeads, nKeyHeads, headWidth, layers } = attention;
    const { rotation } = layers[layer]!;
    if (rotation === null) return qkv;
    const out = [...qkv];
    for (let head = 0; head < nHeads + nKeyHeads; head++) {
      const start = this.#placeOf(layer, head) * headWidth;
      for (const [i, value] of turn(rotation, position, qkv.slice(start, start + headWidth)).entries())
        out[start + i] = value;
    }
    return out;
  }

  /** All keys of a row, or all its values, one head behind the other. */
  headsOf(what: 'keys' | 'values', layer: number, qkv: Vector): Vector {
    const { nHeads, nKeyHeads } = this.#spec.attention;
    const first = what === 'keys' ? nHeads : nHeads + nKeyHeads;
    return Array.from({ length: nKeyHeads }, (_, at) => this.#head(layer, first + at, qkv)).flat();
  }

  /** What a row attends to, its queries turned: of keys and values of all positions up to its own, as `headsOf` gives them. */
  attended(layer: number, qkv: Vector, keys: readonly Vector[], values: readonly Vector[]): Vector {
    const { headWidth, nHeads, nKeyHeads, layers, scoreCap } = this.#spec.attention;
    const { scale, window } = layers[layer]!;
    const first = window === null ? 0 : Math.max(0, keys.length - window);
    const [seen, worth] = [keys.slice(first), values.slice(first)];
    return Array.from({ length: nHeads }, (_, at) => {
      const from = Math.floor(at / (nHeads / nKeyHeads)) * headWidth;
      const query = this.#head(layer, at, qkv);
      const scores = seen.map((key) => withCap(scale * dotFrom(query, key, from), scoreCap));
      const highest = Math.max(...scores);
      const shares = scores.map((score) => Math.exp(score - highest));
      const whole = sum(shares);
      return query.map((_, i) => sum(worth.map((value, p) => (shares[p]! / whole) * value[from + i]!)));
    }).flat();
  }

  #head(layer: number, head: number, qkv: Vector): Vector {
    const { headWidth } = this.#spec.attention;
    const start = this.#placeOf(layer, head) * headWidth;
    return qkv.slice(start, start + headWidth);
  }

  #embedding(
    parts: Extract<OperationFacts, { kind: 'embed' }>['parts'],
    token: number,
    position: number,
  ): Vector {
    const { embedding, positions } = this.#weights;
    const { width, embeddingWidth, embeddingScale } = this.#spec;
    const table = this.#spec.positions;
    const place = () =>
      typeof table === 'object'
        ? sinusoidsAt(table, position)
        : [...this.#stored.read(positions!, position * width, width)];
    if (parts === 'positions') return place();
    const word = [...this.#stored.read(embedding, token * embeddingWidth, embeddingWidth)].map(
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
  #product(parts: readonly Linear<StoredTensor>[], x: Vector): Expected {
    const expected = new Map<number, number>();
    let start = 0;
    for (const { weight, layout, bias } of parts) {
      const { from, columns } = this.#stored.columnsOf(weight, layout);
      const biases = bias === null ? null : this.#stored.read(bias, from, columns.length);
      for (const [at, column] of columns.entries()) {
        expected.set(start + from + at, dotFrom(x, column, 0) + (biases?.[at] ?? 0));
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

  #placeOf(layer: number, head: number): number {
    const { qkv } = this.#weights.layers[layer]!;
    return qkv.kind === 'joint' ? (qkv.headOrder?.[head] ?? head) : head;
  }
}

/** What a row stands for. */
export interface TokenAt {
  readonly token: number;
  readonly position: number;
}

export const all = (vector: Vector): Expected => new Map(vector.entries());

function turn({ frequencies, pairs, factor }: Rotation, position: number, vector: Vector): Vector {
  const out = [...vector];
  for (const [pair, frequency] of frequencies.entries()) {
    const n = frequencies.length;
    const [a, b] = pairs === 'halves' ? [pair, pair + n] : [2 * pair, 2 * pair + 1];
    const [cos, sin] = [Math.cos(position * frequency), Math.sin(position * frequency)];
    out[a] = factor * (vector[a]! * cos - vector[b]! * sin);
    out[b] = factor * (vector[b]! * cos + vector[a]! * sin);
  }
  return out;
}

const withCap = (x: number, cap: number | null): number => (cap === null ? x : cap * Math.tanh(x / cap));
const sum = (x: Vector): number => x.reduce((total, value) => total + value, 0);

/** All of `x` with as many values of `y` from `from` on. */
function dotFrom(x: Vector, y: Vector | Float32Array, from: number): number {
  let total = 0;
  for (let i = 0; i < x.length; i++) total += x[i]! * y[from + i]!;
  return total;
}
