// Matrix products with weights that are kept in 4 bits: the runtime's operator for them, with inputs in 32 bits.

import type { Graph } from '../onnx/onnx-graph.ts';
import { BLOCK_VALUES, type FourBitWeight } from './four-bit-weights.ts';

/** Inputs are not rounded. */
const FLOAT_ACCURACY = 1;

/** `input` float32 [..., from] times the weight that lies in the file at `location`. Gives float32 [..., to]. */
export function fourBitProduct(
  graph: Graph,
  input: string,
  name: string,
  { from, to, levels, scales, zeros }: FourBitWeight,
  location: string,
): string {
  const nBlocks = from / BLOCK_VALUES;
  const blocks = (what: string, place: FourBitWeight['scales']) =>
    graph.weight(`${name}:${what}`, 'float32', [to * nBlocks], { ...place, location });
  const factor = graph.weight(`${name}:levels`, 'uint8', [to, nBlocks, BLOCK_VALUES / 2], {
    ...levels,
    location,
  });
  // A row alone is multiplied another way, and a sample must not depend on how many there are: there is always another.
  const rows = graph.op('Reshape', [input, graph.int64([-1, from])]);
  const more = graph.op('Pad', [rows, graph.int64([0, 0, 1, 0])]);
  const product = graph.contribOp(
    'MatMulNBits',
    [more, factor, blocks('scales', scales), ...(zeros === null ? [] : [blocks('zeros', zeros)])],
    { K: from, N: to, bits: 4, block_size: BLOCK_VALUES, accuracy_level: FLOAT_ACCURACY },
  );
  const ends = [graph.int64([0]), graph.int64([-1]), graph.int64([0])];
  const own = graph.op('Slice', [product, ...ends]);
  const before = graph.op('Shape', [input], { start: 0, end: -1 });
  return graph.op('Reshape', [own, graph.op('Concat', [before, graph.int64([to])], { axis: 0 })]);
}
