// Matrix products in 8-bit integers. Weights are rounded when a session starts, one scale a column; inputs are
// rounded row by row while it runs, so that a row's result depends on that row alone: the runtime's own fused
// operator takes one scale for the whole batch, and a sample would then depend on its neighbours.

import { DATA_TYPE, type Graph } from './onnx-graph.ts';

/**
 * Seven bits for weights: where the processor has no instruction for the whole product, sums of two products
 * saturate at 16 bits, and with eight bits they would do so silently.
 */
const WEIGHT_LEVELS = 63;
const INPUT_LEVELS = 127;
const INPUT_ZERO = 128;

/**
 * `input` [rows, from] times the constant `weight`, float32 [from, to], or [to, from] when `layout` says so.
 * Gives float32 [rows, to].
 */
export function int8Product(
  graph: Graph,
  input: string,
  weight: string,
  layout: 'as-stored' | 'transposed',
): string {
  const axis = layout === 'as-stored' ? 0 : 1;
  const constant = (suffix: string, operator: string, inputs: readonly string[], attributes = {}) =>
    graph.constantOp(`${weight}:${suffix}`, operator, inputs, attributes);
  const size = constant('size', 'Abs', [weight]);
  const highest = constant('highest', 'ReduceMax', [size, graph.int64([axis])], { keepdims: 1 });
  const step = constant('step', 'Div', [highest, graph.float32(WEIGHT_LEVELS)]);
  const columnStep = constant('safe-step', 'Max', [step, graph.float32(1e-30)]);
  const scaled = constant('scaled', 'Div', [weight, columnStep]);
  const rounded = constant('rounded', 'Round', [scaled]);
  const whole = constant('int8', 'Cast', [rounded], { to: DATA_TYPE.int8 });
  const factor = layout === 'as-stored' ? whole : constant('factor', 'Transpose', [whole], { perm: [1, 0] });
  const columnScale = constant('column-scale', 'Reshape', [columnStep, graph.int64([-1])]);

  const rowHighest = graph.op('ReduceMax', [graph.op('Abs', [input]), graph.int64([1])], { keepdims: 1 });
  const rowStep = graph.op('Max', [
    graph.op('Div', [rowHighest, graph.float32(INPUT_LEVELS)]),
    graph.float32(1e-30),
  ]);
  const levels = graph.op('Add', [
    graph.op('Round', [graph.op('Div', [input, rowStep])]),
    graph.float32(INPUT_ZERO),
  ]);
  const narrow = graph.op('Cast', [levels], { to: DATA_TYPE.uint8 });
  const zero = graph.constantOp('input-zero', 'Cast', [graph.int32(INPUT_ZERO)], { to: DATA_TYPE.uint8 });
  const product = graph.op('MatMulInteger', [narrow, factor, zero]);
  const wide = graph.op('Cast', [product], { to: DATA_TYPE.float32 });
  return graph.op('Mul', [graph.op('Mul', [wide, columnScale]), rowStep]);
}
