// A decoder written out in plain arithmetic, from the formulas that DecoderSpec names: whole texts, no cache, no
// blocks, in double precision. Slow, and short enough to be read against the papers.

import type {
  DecoderSpec,
  LayerAttention,
  NormSpec,
  Rotation,
} from '../../server/sampling/decoder/decoder-spec.ts';
import type { DecoderTable, FeedForward, Linear, Norm } from '../../server/sampling/decoder/decoder-table.ts';

export interface PlainTensor {
  readonly shape: readonly number[];
  readonly values: Float32Array;
}

type Vector = readonly number[];

/** Logits behind each token of a text. */
export function plainLogits(
  spec: DecoderSpec,
  table: DecoderTable<PlainTensor>,
  tokens: readonly number[],
): readonly Vector[] {
  const { norm, residualScale } = spec;
  let stream = tokens.map((token, position) => embedded(spec, table, token, position));
  const join = (x: Vector, y: Vector) => x.map((value, i) => value + residualScale * y[i]!);
  for (const [at, layer] of table.layers.entries()) {
    const attention = (inputs: readonly Vector[]) =>
      attend(spec, layer, spec.attention.layers[at]!, inputs).map((x) => product(layer.output, x));
    const mlp = (x: Vector) => feedForward(spec, layer, x);
    const first = (x: Vector) => normed(norm, layer.attentionNorm, x);
    const second = (x: Vector) => normed(norm, layer.mlpNorm!, x);
    switch (spec.residual) {
      case 'sequential': {
        const attended = attention(stream.map(first));
        const middle = stream.map((x, i) => join(x, attended[i]!));
        stream = middle.map((x) => join(x, mlp(second(x))));
        break;
      }
      case 'parallel':
      case 'parallel-one-norm': {
        const own = spec.residual === 'parallel' ? second : first;
        const attended = attention(stream.map(first));
        stream = stream.map((x, i) => join(join(x, attended[i]!), mlp(own(x))));
        break;
      }
      case 'norm-after': {
        const attended = attention(stream);
        const middle = stream.map((x, i) => join(x, first(attended[i]!)));
        stream = middle.map((x) => join(x, second(mlp(x))));
        break;
      }
      case 'norm-around': {
        const attended = attention(stream.map(first));
        const middle = stream.map((x, i) => join(x, normed(norm, layer.attentionEndNorm!, attended[i]!)));
        stream = middle.map((x) => join(x, normed(norm, layer.mlpEndNorm!, mlp(second(x)))));
        break;
      }
      case 'norm-of-sum': {
        const attended = attention(stream);
        const middle = stream.map((x, i) => first(join(x, attended[i]!)));
        stream = middle.map((x) => second(join(x, mlp(x))));
        break;
      }
    }
  }
  return stream.map((x) => logitsOf(spec, table, x));
}

function embedded(
  { positions, embeddingScale }: DecoderSpec,
  table: DecoderTable<PlainTensor>,
  token: number,
  position: number,
): Vector {
  const scaled = row(table.embedding, token).map((value) => value * embeddingScale);
  const wide = table.embeddingProjection === null ? scaled : product(table.embeddingProjection, scaled);
  if (table.positions !== null) return add(wide, row(table.positions, position));
  if (typeof positions === 'string') return wide;
  const angles = positions.frequencies.map((frequency) => (positions.first + position) * frequency);
  return add(wide, [...angles.map(Math.sin), ...angles.map(Math.cos)]);
}

function logitsOf({ norm, logits }: DecoderSpec, table: DecoderTable<PlainTensor>, x: Vector): Vector {
  const last = table.finalNorm === null ? x : normed(norm, table.finalNorm, x);
  const read = table.headProjection === null ? last : product(table.headProjection, last);
  return product(table.head, read).map((value) => capped(logits.scale * value, logits.cap));
}

const capped = (x: number, cap: number | null) => (cap === null ? x : cap * Math.tanh(x / cap));

/** Log-probability of each token but the first, behind those before it. */
export function plainLogprobs(logits: readonly Vector[], tokens: readonly number[]): number[] {
  return tokens.slice(1).map((token, i) => {
    const row = logits[i]!;
    const highest = Math.max(...row);
    return row[token]! - highest - Math.log(row.reduce((sum, x) => sum + Math.exp(x - highest), 0));
  });
}

function attend(
  { attention: shape, norm }: DecoderSpec,
  { qkv, queryNorm, keyNorm }: DecoderTable<PlainTensor>['layers'][number],
  { scale, rotation, window }: LayerAttention,
  inputs: readonly Vector[],
): readonly Vector[] {
  const { nHeads, nKeyHeads, headWidth, queryKeyNorm, scoreCap } = shape;
  const projected = inputs.map((x) => {
    if (qkv.kind === 'apart') return [qkv.query, qkv.key, qkv.value].map((linear) => product(linear, x));
    const all = product(qkv.linear, x);
    const order = qkv.headOrder ?? Array.from({ length: nHeads + 2 * nKeyHeads }, (_, i) => i);
    const heads = order.map((place) => all.slice(place * headWidth, (place + 1) * headWidth));
    return [
      heads.slice(0, nHeads),
      heads.slice(nHeads, nHeads + nKeyHeads),
      heads.slice(nHeads + nKeyHeads),
    ].map((some) => some.flat());
  });
  const prepare = (x: Vector, own: Norm<PlainTensor> | null, position: number): readonly Vector[] => {
    const whole = queryKeyNorm === 'all' ? normed(norm, own!, x) : x;
    return cut(whole, headWidth).map((head) => {
      const one = queryKeyNorm === 'head' ? normed(norm, own!, head) : head;
      return rotation === null ? one : rotated(rotation, one, position);
    });
  };
  const queries = projected.map(([query], position) => prepare(query!, queryNorm, position));
  const keys = projected.map(([, key], position) => prepare(key!, keyNorm, position));
  const values = projected.map(([, , value]) => cut(value!, headWidth));
  return queries.map((heads, position) => {
    const first = window === null ? 0 : Math.max(0, position + 1 - window);
    return heads.flatMap((query, head) => {
      const shared = Math.floor(head / (nHeads / nKeyHeads));
      const seen = Array.from({ length: position + 1 - first }, (_, i) => first + i);
      const scores = seen.map((at) => capped(scale * dot(query, keys[at]![shared]!), scoreCap));
      const highest = Math.max(...scores);
      const weights = scores.map((score) => Math.exp(score - highest));
      const total = weights.reduce((a, b) => a + b);
      return query.map((_, i) =>
        seen.reduce((sum, at, n) => sum + (weights[n]! / total) * values[at]![shared]![i]!, 0),
      );
    });
  });
}

/** (x, y) turns to (x·cos a − y·sin a, y·cos a + x·sin a), with a = position × frequency. */
function rotated({ frequencies, pairs, factor }: Rotation, head: Vector, position: number): Vector {
  const out = [...head];
  for (const [pair, frequency] of frequencies.entries()) {
    const [first, second] = pairs === 'halves' ? [pair, pair + frequencies.length] : [2 * pair, 2 * pair + 1];
    const angle = position * frequency;
    const [cos, sin] = [Math.cos(angle) * factor, Math.sin(angle) * factor];
    out[first] = head[first]! * cos - head[second]! * sin;
    out[second] = head[second]! * cos + head[first]! * sin;
  }
  return out;
}

function feedForward(
  spec: DecoderSpec,
  layer: DecoderTable<PlainTensor>['layers'][number],
  x: Vector,
): Vector {
  const { experts } = spec.mlp;
  if (experts === undefined || layer.router === null) return throughOne(spec, layer, x);
  const scores = product(layer.router, x);
  const highest = Math.max(...scores);
  const shares = scores.map((score) => Math.exp(score - highest));
  const chosen = [...shares.keys()].sort((a, b) => shares[b]! - shares[a]!).slice(0, experts.nChosen);
  const among = experts.normalised ? chosen : [...shares.keys()];
  const total = among.reduce((sum, at) => sum + shares[at]!, 0);
  const all = [layer, ...layer.otherExperts];
  return chosen
    .map((at) => throughOne(spec, all[at]!, x).map((value) => (value * shares[at]!) / total))
    .reduce((a, b) => a.map((value, i) => value + b[i]!));
}

function throughOne(
  { mlp: { activation } }: DecoderSpec,
  { gate, up, down }: FeedForward<PlainTensor>,
  x: Vector,
): Vector {
  const activate = ACTIVATIONS[activation];
  const upper = product(up, x);
  const inner =
    gate === null ? upper.map(activate) : product(gate, x).map((open, i) => activate(open) * upper[i]!);
  return product(down, inner);
}

const sigmoid = (x: number) => 1 / (1 + Math.exp(-x));
const ACTIVATIONS: Readonly<Record<DecoderSpec['mlp']['activation'], (x: number) => number>> = {
  'tanh-gelu': (x) => 0.5 * x * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3))),
  gelu: (x) => 0.5 * x * (1 + erf(x / Math.SQRT2)),
  'quick-gelu': (x) => x * sigmoid(1.702 * x),
  silu: (x) => x * sigmoid(x),
  relu: (x) => Math.max(0, x),
  tanh: Math.tanh,
  sigmoid,
};

/** Its Taylor series, exact enough in double precision for the arguments that occur. */
function erf(x: number): number {
  if (Math.abs(x) > 5) return Math.sign(x);
  let term = x;
  let sum = x;
  for (let n = 1; Math.abs(term) > 1e-18; n++) {
    term *= (-x * x) / n;
    sum += term / (2 * n + 1);
  }
  return (2 / Math.sqrt(Math.PI)) * sum;
}

function normed({ kind, epsilon, factor }: NormSpec, { scale, shift }: Norm<PlainTensor>, x: Vector): Vector {
  const mean = kind === 'layer' ? x.reduce((a, b) => a + b) / x.length : 0;
  const variance = x.reduce((sum, value) => sum + (value - mean) ** 2, 0) / x.length;
  const more = factor === 'weight' ? 0 : 1;
  return x.map(
    (value, i) =>
      ((value - mean) / Math.sqrt(variance + epsilon)) * (more + scale.values[i]!) + (shift?.values[i] ?? 0),
  );
}

function product({ weight, layout, bias }: Linear<PlainTensor>, x: Vector): Vector {
  const [first, second] = weight.shape as [number, number];
  const [from, to] = layout === 'in-out' ? [first, second] : [second, first];
  return Array.from({ length: to }, (_, column) => {
    let sum = bias?.values[column] ?? 0;
    for (let i = 0; i < from; i++) {
      sum += x[i]! * weight.values[layout === 'in-out' ? i * to + column : column * from + i]!;
    }
    return sum;
  });
}

const row = ({ shape, values }: PlainTensor, at: number): Vector =>
  Array.from(values.subarray(at * shape[1]!, (at + 1) * shape[1]!));

const add = (x: Vector, y: Vector): Vector => x.map((value, i) => value + y[i]!);

const dot = (x: Vector, y: Vector): number => x.reduce((sum, value, i) => sum + value * y[i]!, 0);

const cut = (x: Vector, width: number): readonly Vector[] =>
  Array.from({ length: x.length / width }, (_, i) => x.slice(i * width, (i + 1) * width));
