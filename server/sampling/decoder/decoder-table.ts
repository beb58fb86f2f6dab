// The table of a decoder's tensors: what each is for, and its shape. One type serves for the names that an
// architecture gives them, for the tensors found in a checkpoint, and for whatever a test puts there.

import { type DecoderSpec, keyWidth, queryWidth } from './decoder-spec.ts';

export interface Linear<Tensor> {
  readonly weight: Tensor;
  /** How the matrix lies: [in, out] or [out, in]. */
  readonly layout: 'in-out' | 'out-in';
  readonly bias: Tensor | null;
}

export interface Norm<Tensor> {
  readonly scale: Tensor;
  readonly shift: Tensor | null;
}

export type QkvProjection<Tensor> =
  | {
      readonly kind: 'joint';
      readonly linear: Linear<Tensor>;
      /**
       * At which place each head lies in what the projection gives: those of queries, then of keys, then of values.
       * Null where they lie in that order.
       */
      readonly headOrder: readonly number[] | null;
    }
  | {
      readonly kind: 'apart';
      readonly query: Linear<Tensor>;
      readonly key: Linear<Tensor>;
      readonly value: Linear<Tensor>;
    };

export interface DecoderLayer<Tensor> {
  /** The norm of what attention reads, or, where norms come after, of what it gives. */
  readonly attentionNorm: Norm<Tensor>;
  readonly qkv: QkvProjection<Tensor>;
  readonly queryNorm: Norm<Tensor> | null;
  readonly keyNorm: Norm<Tensor> | null;
  readonly output: Linear<Tensor>;
  /** The norm of the feed-forward layer; null where it reads what attention's norm gives. */
  readonly mlpNorm: Norm<Tensor> | null;
  readonly gate: Linear<Tensor> | null;
  readonly up: Linear<Tensor>;
  readonly down: Linear<Tensor>;
}

export interface DecoderTable<Tensor> {
  readonly embedding: Tensor;
  readonly positions: Tensor | null;
  readonly layers: readonly DecoderLayer<Tensor>[];
  readonly finalNorm: Norm<Tensor>;
  readonly head: Linear<Tensor>;
}

export type TensorNames = DecoderTable<string>;
export type LinearNames = Linear<string>;
export type NormNames = Norm<string>;

/** Another table with a tensor for each of this one's, whose shape `spec` tells. Called in the table's order. */
export function mapTable<From, To>(
  spec: DecoderSpec,
  table: DecoderTable<From>,
  map: (tensor: From, shape: readonly number[]) => To,
): DecoderTable<To> {
  const { width, vocabularySize, attention, mlp } = spec;
  const queries = queryWidth(attention);
  const keys = keyWidth(attention);
  const norm = ({ scale, shift }: Norm<From>, over = width): Norm<To> => ({
    scale: map(scale, [over]),
    shift: shift === null ? null : map(shift, [over]),
  });
  const linear = ({ weight, layout, bias }: Linear<From>, from: number, to: number): Linear<To> => ({
    weight: map(weight, layout === 'in-out' ? [from, to] : [to, from]),
    layout,
    bias: bias === null ? null : map(bias, [to]),
  });
  const qkv = (projection: QkvProjection<From>): QkvProjection<To> => {
    if (projection.kind === 'joint') {
      return { ...projection, linear: linear(projection.linear, width, queries + 2 * keys) };
    }
    return {
      kind: 'apart',
      query: linear(projection.query, width, queries),
      key: linear(projection.key, width, keys),
      value: linear(projection.value, width, keys),
    };
  };
  const isByHead = attention.queryKeyNorm === 'head';
  return {
    embedding: map(table.embedding, [vocabularySize, width]),
    positions: table.positions === null ? null : map(table.positions, [spec.nPositions, width]),
    layers: table.layers.map((layer) => ({
      attentionNorm: norm(layer.attentionNorm),
      qkv: qkv(layer.qkv),
      queryNorm: layer.queryNorm && norm(layer.queryNorm, isByHead ? attention.headWidth : queries),
      keyNorm: layer.keyNorm && norm(layer.keyNorm, isByHead ? attention.headWidth : keys),
      output: linear(layer.output, queries, width),
      mlpNorm: layer.mlpNorm && norm(layer.mlpNorm),
      gate: layer.gate && linear(layer.gate, width, mlp.innerWidth),
      up: linear(layer.up, width, mlp.innerWidth),
      down: linear(layer.down, mlp.innerWidth, width),
    })),
    finalNorm: norm(table.finalNorm),
    head: linear(table.head, width, vocabularySize),
  };
}

/** Every matrix that positions are multiplied by, in the table's order, the head last. */
export function linearsOf<Tensor>({ layers, head }: DecoderTable<Tensor>): readonly Linear<Tensor>[] {
  const inLayers = layers.flatMap(({ qkv, output, gate, up, down }) => [
    ...(qkv.kind === 'joint' ? [qkv.linear] : [qkv.query, qkv.key, qkv.value]),
    output,
    ...(gate === null ? [] : [gate]),
    up,
    down,
  ]);
  return [...inLayers, head];
}

/** Multiplications and additions of one position, but for those of attention, which grow with the text. */
export function flopsPerPosition(table: DecoderTable<{ readonly shape: readonly number[] }>): number {
  return linearsOf(table).reduce((sum, { weight: { shape } }) => sum + 2 * shape[0]! * shape[1]!, 0);
}
