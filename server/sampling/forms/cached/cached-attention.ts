// Attention of one new position over everything before it, and the shapes in which the past is kept for it.
//
// The past comes in three parts. `blocks` are whole and never change, keys lying transposed, so that both
// products read memory in order; `open` holds the finished segments of the block in the making; `recent` is
// the segment in the making, which the loop carries and grows by one position a step. So the graph copies a
// few positions a step and never the cache, and the caller can append to all of it in place.

import { type Heads, takeApart } from '../../decoder/attention-heads.ts';
import { addCap } from '../../decoder/cap.ts';
import { type AttentionShape, type DecoderSpec, queryWidth } from '../../decoder/decoder-spec.ts';
import type { Graph } from '../../onnx/onnx-graph.ts';

/**
 * Positions of a segment and of a block. Both belong to a sample's key: attention's sums are split where they
 * meet, so other values may change a sample's last bits.
 */
export const SEGMENT_POSITIONS = 16;
export const BLOCK_POSITIONS = 64;

/** `made` is the loop's output that becomes the next run's `recent`. */
export type CacheRole = 'blocks' | 'open' | 'recent' | 'made';

/** One layer's keys or values in a role. */
export function cacheName(role: CacheRole, layer: number, part: 'key' | 'value'): string {
  return `${role}.${layer}.${part}`;
}

/** Shapes that all layers share, as names of values. */
export interface PastShapes {
  /** [batch, key heads, queries of each, positions in blocks] */
  readonly flatScores: string;
  /** [batch, key heads, queries of each, blocks, positions of a block] */
  readonly blockedScores: string;
  /** [blocks, 1, 1, 1, 1] */
  readonly nBlocksFirst: string;
  /** Positions in blocks, positions in the open block: int64 [2]. */
  readonly lengths: string;
}

/** Adds the past's inputs to a graph. */
export function addPastInputs(graph: Graph, { nLayers, attention }: DecoderSpec): PastShapes {
  const { nKeyHeads, headWidth } = attention;
  for (let layer = 0; layer < nLayers; layer++) {
    const key = ['blocks', 'batch', nKeyHeads, headWidth, BLOCK_POSITIONS];
    graph.input(cacheName('blocks', layer, 'key'), 'float32', key);
    const value = ['blocks', 'batch', nKeyHeads, BLOCK_POSITIONS, headWidth];
    graph.input(cacheName('blocks', layer, 'value'), 'float32', value);
    for (const part of ['key', 'value'] as const) {
      graph.input(cacheName('open', layer, part), 'float32', ['batch', nKeyHeads, 'open', headWidth]);
      graph.input(cacheName('recent', layer, part), 'float32', ['batch', nKeyHeads, 'recent', headWidth]);
    }
  }
  const shape = (role: CacheRole, axis: number) =>
    graph.op('Shape', [cacheName(role, 0, 'key')], { start: axis, end: axis + 1 });
  const nBlocks = shape('blocks', 0);
  const nInBlocks = graph.op('Mul', [nBlocks, graph.int64([BLOCK_POSITIONS])]);
  const rows = [shape('open', 0), graph.int64([nKeyHeads, nQueriesOf(attention)])];
  const join = (parts: readonly string[]) => graph.op('Concat', parts, { axis: 0 });
  return {
    flatScores: join([...rows, nInBlocks]),
    blockedScores: join([...rows, nBlocks, graph.int64([BLOCK_POSITIONS])]),
    nBlocksFirst: join([nBlocks, graph.int64([1, 1, 1, 1])]),
    lengths: join([nInBlocks, shape('open', 2)]),
  };
}

/** What the loop's body carries for one layer, and what it hands on. */
export interface CarriedLayer {
  readonly key: string;
  readonly value: string;
  readonly nextKey: string;
  readonly nextValue: string;
}

/** Query heads that one key head serves: its rows in every product. */
const nQueriesOf = ({ nHeads, nKeyHeads }: AttentionShape) => nHeads / nKeyHeads;

/**
 * Gives [batch, heads × head width]. `lengths` is that of all three parts, with this step; `unseen` float32 [positions]
 * is added to all scores where a layer has a window.
 */
export function attendToPast(
  graph: Graph,
  shape: AttentionShape,
  heads: Heads,
  layer: number,
  carried: CarriedLayer,
  past: PastShapes,
  lengths: string,
  unseen: string | null,
): string {
  const { nKeyHeads, headWidth, layers } = shape;
  const apart = takeApart(graph, shape, heads, 1);
  const toHeads = (part: string, nRows: number) =>
    graph.op('Reshape', [part, graph.int64([0, nKeyHeads, nRows, headWidth])]);
  const query = toHeads(apart.query, nQueriesOf(shape));
  const key = toHeads(apart.key, 1);
  const value = toHeads(apart.value, 1);
  const keys = graph.op('Concat', [carried.key, key], { axis: 2 }, carried.nextKey);
  const values = graph.op('Concat', [carried.value, value], { axis: 2 }, carried.nextValue);
  // The runtime leaves its fast path for single rows when a product has a factor of its own, and it would fuse
  // a scalar into one; a vector of equal factors stays apart.
  const scale = graph.float32(new Array<number>(headWidth).fill(layers[layer]!.scale));
  const scaled = graph.op('Mul', [query, scale]);
  const score = (other: string) => graph.contribOp('FusedMatMul', [scaled, other], { transB: 1 });

  // Broadcasting would do the same, but it cannot go from one to none.
  const perBlockQuery = graph.op('Expand', [scaled, past.nBlocksFirst]);
  const blockScores = graph.op('MatMul', [perBlockQuery, cacheName('blocks', layer, 'key')]);
  const flatScores = graph.op('Reshape', [
    graph.op('Transpose', [blockScores], { perm: [1, 2, 3, 0, 4] }),
    past.flatScores,
  ]);
  const allScores = [flatScores, score(cacheName('open', layer, 'key')), score(keys)];
  const joined = graph.op('Concat', allScores, { axis: 3 });
  const capped = addCap(graph, joined, shape.scoreCap);
  const seen = unseen === null ? capped : graph.op('Add', [capped, unseen]);
  const weights = graph.op('Softmax', [seen], { axis: 3 });
  const [onBlocks, onOpen, onRecent] = graph.ops('Split', [weights, lengths], 3, { axis: 3 });
  const blockWeights = graph.op('Transpose', [graph.op('Reshape', [onBlocks!, past.blockedScores])], {
    perm: [3, 0, 1, 2, 4],
  });
  const perBlock = graph.op('MatMul', [blockWeights, cacheName('blocks', layer, 'value')]);
  const fromBlocks = graph.op('ReduceSum', [perBlock, graph.int64([0])], { keepdims: 0 });
  const fromOpen = graph.op('MatMul', [onOpen!, cacheName('open', layer, 'value')]);
  const fromRecent = graph.op('MatMul', [onRecent!, values]);
  const mixed = graph.op('Add', [graph.op('Add', [fromBlocks, fromOpen]), fromRecent]);
  return graph.op('Reshape', [mixed, graph.int64([0, queryWidth(shape)])]);
}

/** Float32 [positions]: 0 where the newest of them sees, far below any score where its window has passed. */
export function unseenBefore(graph: Graph, lengths: string, window: number): string {
  const nPositions = graph.op('ReduceSum', [lengths], { keepdims: 0 });
  const all = graph.op('Range', [graph.int64(0), nPositions, graph.int64(1)]);
  const first = graph.op('Sub', [nPositions, graph.int64(window)]);
  return graph.op('Where', [graph.op('Less', [all, first]), graph.float32(-1e30), graph.float32(0)]);
}
