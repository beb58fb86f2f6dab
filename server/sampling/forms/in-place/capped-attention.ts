// Attention with a cap of scores over a cache that lies in one place, node by node: WebGPU's fused operator knows no
// cap. It has written the new keys and values all the same, and what it gives is not read.

import { addCap } from '../../decoder/cap.ts';
import { type AttentionShape, queryWidth } from '../../decoder/decoder-spec.ts';
import type { Graph } from '../../onnx/onnx-graph.ts';
import type { KeyAndValue, StepLengths } from '../device/device-attention.ts';

/**
 * [batch, heads × head width] of `query`, the same shape, over all `capacity` positions of the cache: those that are not
 * there yet are hidden like those that a window has passed.
 */
export function attendCapped(
  graph: Graph,
  shape: AttentionShape,
  layer: number,
  query: string,
  [keys, values]: KeyAndValue,
  { length }: StepLengths,
  capacity: number,
): string {
  const { nHeads, nKeyHeads, headWidth, layers, scoreCap } = shape;
  const { scale, window } = layers[layer]!;
  const perKeyHead = graph.op('Reshape', [
    graph.op('Mul', [query, graph.float32(scale)]),
    graph.int64([0, nKeyHeads, nHeads / nKeyHeads, headWidth]),
  ]);
  // Keys lie as they are, so the few queries are turned over instead, and then the scores back.
  const turned = graph.op('Transpose', [perKeyHead], { perm: [0, 1, 3, 2] });
  const scores = graph.op('Transpose', [graph.op('MatMul', [keys, turned])], { perm: [0, 1, 3, 2] });
  const hidden = hide(graph, length, window, capacity);
  const seen = graph.op('Add', [addCap(graph, scores, scoreCap), hidden]);
  const attended = graph.op('MatMul', [graph.op('Softmax', [seen], { axis: 3 }), values]);
  return graph.op('Reshape', [attended, graph.int64([0, queryWidth(shape)])]);
}

/** Float32 [batch, 1, 1, capacity]: 0 where a query at `length` sees, far below any score elsewhere. */
function hide(graph: Graph, length: string, window: number | null, capacity: number): string {
  const positions = graph.int32(Array.from({ length: capacity }, (_, position) => position));
  const last = graph.op('Unsqueeze', [length, graph.int64([1, 2, 3])]);
  const hidden = graph.float32(-1e30);
  const behind = graph.op('Where', [graph.op('Greater', [positions, last]), hidden, graph.float32(0)]);
  if (window === null) return behind;
  const isPassed = graph.op('LessOrEqual', [positions, graph.op('Sub', [last, graph.int32(window)])]);
  return graph.op('Where', [isPassed, hidden, behind]);
}
