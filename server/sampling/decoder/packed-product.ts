// Matrix products with weights that are kept in a few bits: the runtime's operator for them, with inputs in 32 bits.

import type { Graph } from '../onnx/onnx-graph.ts';
import type { PackedWeight } from './packed-weights.ts';

/** Inputs are not rounded. */
const FLOAT_ACCURACY = 1;

/**
 * `input` float32 [..., from] times the weight that lies in the file at `location`. Gives float32 [..., to]. Least values are
 * added as the product of the groups' sums with them: the operator takes them too, but then unpacks the matrix at every call.
 */
export function packedProduct(
  graph: Graph,
  input: string,
  name: string,
  weight: PackedWeight,
  location: string,
): string {
  const { from, to, bits, groupValues, levels, scales, least } = weight;
  const nGroups = from / groupValues;
  const factor = graph.weight(`${name}:levels`, 'uint8', [to, nGroups, (groupValues * bits) / 8], {
    ...levels,
    location,
  });
  const scale = graph.weight(`${name}:scales`, 'float32', [to * nGroups], { ...scales, location });
  // A row alone is multiplied another way, and a sample must not depend on how many there are: there is always another.
  const rows = graph.op('Reshape', [input, graph.int64([-1, from])]);
  const more = graph.op('Pad', [rows, graph.int64([0, 0, 1, 0])]);
  const scaled = graph.contribOp('MatMulNBits', [more, factor, scale], {
    ...{ K: from, N: to, bits, block_size: groupValues, accuracy_level: FLOAT_ACCURACY },
  });
  const product =
    least === null ? scaled : graph.op('Add', [scaled, leastProduct(graph, more, name, weight, location)]);
  const ends = [graph.int64([0]), graph.int64([-1]), graph.int64([0])];
  const own = graph.op('Slice', [product, ...ends]);
  const before = graph.op('Shape', [input], { start: 0, end: -1 });
  return graph.op('Reshape', [own, graph.op('Concat', [before, graph.int64([to])], { axis: 0 })]);
}

function leastProduct(
  graph: Graph,
  rows: string,
  name: string,
  { from, to, groupValues, least }: PackedWeight,
  location: string,
): string {
  const nGroups = from / groupValues;
  const groups = graph.op('Reshape', [rows, graph.int64([-1, nGroups, groupValues])]);
  const sums = graph.op('ReduceSum', [groups, graph.int64([-1])], { keepdims: 0 });
  const values = graph.weight(`${name}:least`, 'float32', [nGroups, to], { ...least!, location });
  return graph.op('MatMul', [sums, values]);
}
