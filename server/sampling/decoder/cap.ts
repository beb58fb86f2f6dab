// A soft limit of scores and logits: c·tanh(x / c), nearly x where x is small, and never beyond c.

import type { Graph } from '../onnx/onnx-graph.ts';

/** Float32 `values` of any shape; as they are where there is no cap. */
export function addCap(graph: Graph, values: string, cap: number | null): string {
  if (cap === null) return values;
  const share = graph.op('Tanh', [graph.op('Div', [values, graph.float32(cap)])]);
  return graph.op('Mul', [share, graph.float32(cap)]);
}
