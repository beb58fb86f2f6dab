// The table of a decoder's tensors: what each is for, and its shape. One type serves for the names that an
// architecture gives them, for the tensors found in a checkpoint, and for whatever a test puts there.

import { type DecoderShape, keyWidth, queryWidth } from './decoder-spec.ts';

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

export type FeedForward<Tensor> = Pick<DecoderLayer<Tensor>, 'gate' | 'up' | 'down'>;

/** For layers without a mixture of experts. */
export const ONE_FEED_FORWARD = { router: null, otherExperts: [] } as const;

export interface DecoderLayer<Tensor> {
  /** The norm of what attention reads, or, where norms come after, of what it gives. */
  readonly attentionNorm: Norm<Tensor>;
  readonly qkv: QkvProjection<Tensor>;
  readonly queryNorm: Norm<Tensor> | null;
  readonly keyNorm: Norm<Tensor> | null;
  readonly output: Linear<Tensor>;
  /** A second norm of attention, of what it gives; null but where norms stand on both sides. */
  readonly attentionEndNorm: Norm<Tensor> | null;
  /** The norm of the feed-forward layer; null where it reads what attention's norm gives. */
  readonly mlpNorm: Norm<Tensor> | null;
  /** What shares a position out among the experts; null where there is one feed-forward layer. */
  readonly router: Linear<Tensor> | null;
  /** Those of the feed-forward layer, or of the first expert. */
  readonly gate: Linear<Tensor> | null;
  readonly up: Linear<Tensor>;
  readonly down: Linear<Tensor>;
  readonly otherExperts: readonly FeedForward<Tensor>[];
  /** A second norm of the feed-forward layer, of what it gives; null but where norms stand on both sides. */
  readonly mlpEndNorm: Norm<Tensor> | null;
}

export interface DecoderTable<Tensor> {
  readonly embedding: Tensor;
  /** From embeddings to the stream; null where both are as wide. */
  readonly embeddingProjection: Linear<Tensor> | null;
  readonly positions: Tensor | null;
  readonly layers: readonly DecoderLayer<Tensor>[];
  readonly finalNorm: Norm<Tensor> | null;
  /** From the stream to what the head reads; null where both are as wide. */
  readonly headProjection: Linear<Tensor> | null;
  readonly head: Linear<Tensor>;
}

export type TensorNames = DecoderTable<TensorName>;
export type LinearNames = Linear<TensorName>;
export type NormNames = Norm<TensorName>;

/** A tensor's name, or some consecutive rows of it, since files may hold what is used apart as one. */
export type TensorName = string | RowsOfTensor;

export interface RowsOfTensor {
  readonly name: string;
  readonly firstRow: number;
  /** Rows of the whole tensor. */
  readonly nRows: number;
}

/** The name of the tensor that a file holds. */
export const storedName = (name: TensorName): string => (typeof name === 'string' ? name : name.name);

/** Another table with a tensor for each of this one's, whose shape `spec` tells. Called in the table's order. */
export function mapTable<From, To>(
  spec: DecoderShape,
  table: DecoderTable<From>,
  map: (tensor: From, shape: readonly number[]) => To,
): DecoderTable<To> {
  const { width, embeddingWidth, vocabularySize, attention, mlp } = spec;
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
  const feedForward = ({ gate, up, down }: FeedForward<From>): FeedForward<To> => ({
    gate: gate && linear(gate, width, mlp.innerWidth),
    up: linear(up, width, mlp.innerWidth),
    down: linear(down, mlp.innerWidth, width),
  });
  const isByHead = attention.queryKeyNorm === 'head';
  return {
    embedding: map(table.embedding, [vocabularySize, embeddingWidth]),
    embeddingProjection:
      table.embeddingProjection && linear(table.embeddingProjection, embeddingWidth, width),
    positions: table.positions === null ? null : map(table.positions, [spec.nPositions, width]),
    layers: table.layers.map((layer) => ({
      attentionNorm: norm(layer.attentionNorm),
      qkv: qkv(layer.qkv),
      queryNorm: layer.queryNorm && norm(layer.queryNorm, isByHead ? attention.headWidth : queries),
      keyNorm: layer.keyNorm && norm(layer.keyNorm, isByHead ? attention.headWidth : keys),
      output: linear(layer.output, queries, width),
      attentionEndNorm: layer.attentionEndNorm && norm(layer.attentionEndNorm),
      mlpNorm: layer.mlpNorm && norm(layer.mlpNorm),
      router: layer.router && linear(layer.router, width, mlp.experts?.n ?? 0),
      ...feedForward(layer),
      otherExperts: layer.otherExperts.map(feedForward),
      mlpEndNorm: layer.mlpEndNorm && norm(layer.mlpEndNorm),
    })),
    finalNorm: table.finalNorm && norm(table.finalNorm),
    headProjection: table.headProjection && linear(table.headProjection, width, embeddingWidth),
    head: linear(table.head, embeddingWidth, vocabularySize),
  };
}

/** Every matrix that positions are multiplied by, in the table's order, the head last. */
export function linearsOf<Tensor>(table: DecoderTable<Tensor>): readonly Linear<Tensor>[] {
  const { embeddingProjection, layers, headProjection, head } = table;
  const atTheEnds = (linear: Linear<Tensor> | null) => (linear === null ? [] : [linear]);
  const inLayers = layers.flatMap(({ qkv, output, router, otherExperts, ...first }) => [
    ...(qkv.kind === 'joint' ? [qkv.linear] : [qkv.query, qkv.key, qkv.value]),
    output,
    ...atTheEnds(router),
    ...[first, ...otherExperts].flatMap(({ gate, up, down }) => [...atTheEnds(gate), up, down]),
  ]);
  return [...atTheEnds(embeddingProjection), ...inLayers, ...atTheEnds(headProjection), head];
}

/** Every norm, in the table's order. */
export function normsOf<Tensor>({ layers, finalNorm }: DecoderTable<Tensor>): readonly Norm<Tensor>[] {
  const inLayers = layers.flatMap((layer) => [
    layer.attentionNorm,
    layer.queryNorm,
    layer.keyNorm,
    layer.attentionEndNorm,
    layer.mlpNorm,
    layer.mlpEndNorm,
  ]);
  return [...inLayers, finalNorm].filter((norm) => norm !== null);
}

/** Multiplications and additions of one position, but for those of attention, which grow with the text. */
export function flopsPerPosition(table: DecoderTable<{ readonly shape: readonly number[] }>): number {
  return linearsOf(table).reduce((sum, { weight: { shape } }) => sum + 2 * shape[0]! * shape[1]!, 0);
}
