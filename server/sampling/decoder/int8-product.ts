// Matrix products in 8-bit integers. Weights come quantized; inputs are quantized row by row while it runs, so that
// a row's result depends on that row alone: the runtime's own fused operator takes one scale for the whole batch,
// and a sample would then depend on its neighbours.

import { DATA_TYPE, type Graph } from '../onnx/onnx-graph.ts';
import type { Int8Weight } from './int8-weights.ts';

const INPUT_LEVELS = 127;
const INPUT_ZERO = 128;

/** The factor `name`, which lies in the file at `location`: int8 [from, to], and the scale of each column. */
export function addInt8Weight(
  graph: Graph,
  name: string,
  { from, to, whole, scale }: Int8Weight,
  location: string,
): { readonly matrix: string; readonly scale: string } {
  return {
    matrix: graph.weight(`${name}:int8`, 'int8', [from, to], { ...whole, location }),
    scale: graph.weight(`${name}:scale`, 'float32', [to], { ...scale, location }),
  };
}

/** `input` float32 [rows, from] times `matrix` × `scale`. Gives float32 [rows, to]. */
export function int8Product(graph: Graph, input: string, matrix: string, scale: string): string {
  const highest = graph.op('ReduceMax', [graph.op('Abs', [input]), graph.int64([1])], { keepdims: 1 });
  const rowStep = graph.op('Max', [
    graph.op('Div', [highest, graph.float32(INPUT_LEVELS)]),
    graph.float32(1e-30),
  ]);
  const levels = graph.op('Add', [
    graph.op('Round', [graph.op('Div', [input, rowStep])]),
    graph.float32(INPUT_ZERO),
  ]);
  const narrow = graph.op('Cast', [levels], { to: DATA_TYPE.uint8 });
  const zero = graph.constantOp('input-zero', 'Cast', [graph.int32(INPUT_ZERO)], { to: DATA_TYPE.uint8 });
  const product = graph.op('MatMulInteger', [narrow, matrix, zero]);
  const wide = graph.op('Cast', [product], { to: DATA_TYPE.float32 });
  return graph.op('Mul', [graph.op('Mul', [wide, scale]), rowStep]);
}
