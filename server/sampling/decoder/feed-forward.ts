// The feed-forward layer as ONNX nodes.

import type { Graph } from '../onnx/onnx-graph.ts';
import type { DecoderModel } from './decoder-model.ts';
import type { Activation } from './decoder-spec.ts';
import type { DecoderLayer } from './decoder-table.ts';
import type { StoredTensor } from './decoder-weights.ts';
import { addBias, addTensor, project } from './projection.ts';

/** The last product's bias is not added yet. */
export function feedForward(
  graph: Graph,
  model: DecoderModel,
  input: string,
  { gate, up, down }: DecoderLayer<StoredTensor>,
): string {
  if (gate === null) return project(graph, model, activate(graph, model, input, up), down);
  const opened = activate(graph, model, input, gate);
  const upper = addBias(graph, model, project(graph, model, input, up), up);
  return project(graph, model, graph.op('Mul', [opened, upper]), down);
}

/** The activation of a product with its bias. */
function activate(
  graph: Graph,
  model: DecoderModel,
  input: string,
  linear: DecoderLayer<StoredTensor>['up'],
): string {
  const { activation } = model.config.mlp;
  const product = project(graph, model, input, linear);
  if (activation === 'tanh-gelu') {
    const bias = linear.bias === null ? [] : [addTensor(graph, model, linear.bias)];
    return graph.contribOp('FastGelu', [product, ...bias]);
  }
  return ACTIVATE[activation](graph, addBias(graph, model, product, linear));
}

const ACTIVATE: Readonly<Record<Exclude<Activation, 'tanh-gelu'>, (graph: Graph, input: string) => string>> =
  {
    gelu: (graph, input) => graph.contribOp('Gelu', [input]),
    'quick-gelu': (graph, input) => graph.contribOp('QuickGelu', [input], { alpha: { float: 1.702 } }),
    silu: (graph, input) => graph.contribOp('QuickGelu', [input], { alpha: { float: 1 } }),
    relu: (graph, input) => graph.op('Relu', [input]),
    tanh: (graph, input) => graph.op('Tanh', [input]),
    sigmoid: (graph, input) => graph.op('Sigmoid', [input]),
  };
