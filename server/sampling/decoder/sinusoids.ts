// Positions as sines and cosines (A. Vaswani et al., "Attention Is All You Need", 2017, 3.5), all sines before all
// cosines. The table is computed on the processor when a session starts: a shader's sine is exact near zero only.

import type { Graph } from '../onnx/onnx-graph.ts';
import type { Sinusoids } from './decoder-spec.ts';

/** Those of `width` values, in 32-bit steps as PyTorch computes them. */
export function makeSinusoids(width: number, first: number): Sinusoids {
  const nFrequencies = width / 2;
  const step = Math.fround(-Math.log(10_000) / (nFrequencies - 1));
  const frequencies = Array.from({ length: nFrequencies }, (_, i) =>
    Math.fround(Math.exp(Math.fround(i * step))),
  );
  return { first, frequencies };
}

/** Float32 [..., width] of `positions` [...]. */
export function lookUpSinusoids(
  graph: Graph,
  { first, frequencies }: Sinusoids,
  nPositions: number,
  positions: string,
): string {
  const step = (name: string, operator: string, inputs: readonly string[], attributes = {}) =>
    graph.constantOp(`sinusoids:${name}`, operator, inputs, attributes);
  const [start, end] = [graph.float32(first), graph.float32(first + nPositions)];
  const column = step('column', 'Unsqueeze', [
    step('positions', 'Range', [start, end, graph.float32(1)]),
    graph.int64([1]),
  ]);
  const angles = step('angles', 'Mul', [column, graph.float32(frequencies)]);
  const halves = [step('sines', 'Sin', [angles]), step('cosines', 'Cos', [angles])];
  const table = step('table', 'Concat', halves, { axis: 1 });
  return graph.op('Gather', [table, positions]);
}
