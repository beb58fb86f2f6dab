// The feed-forward layer as ONNX nodes.

import type { Graph } from '../onnx/onnx-graph.ts';
import type { DecoderModel } from './decoder-model.ts';
import type { Activation } from './decoder-spec.ts';
import type { DecoderLayer, FeedForward, Linear } from './decoder-table.ts';
import type { StoredTensor } from './decoder-weights.ts';
import { addBias, addTensor, project } from './projection.ts';

/** The last product's bias is not added yet. */
export function feedForward(
  graph: Graph,
  model: DecoderModel,
  input: string,
  layer: DecoderLayer<StoredTensor>,
): string {
  return layer.router === null
    ? throughOne(graph, model, input, layer)
    : throughChosen(graph, model, input, layer, layer.router);
}

/**
 * Through the experts that the router chooses for each row. Each expert multiplies its own rows by products like any other,
 * since in the runtime's operator for this rows change each other's rounding.
 */
function throughChosen(
  graph: Graph,
  model: DecoderModel,
  input: string,
  layer: DecoderLayer<StoredTensor>,
  router: Linear<StoredTensor>,
): string {
  const { width, mlp } = model.config;
  const { n, nChosen, normalised } = mlp.experts!;
  const rows = graph.op('Reshape', [input, graph.int64([-1, width])]);
  const scores = graph.op('Softmax', [project(graph, model, rows, router)], { axis: 1 });
  const [highest, which] = graph.ops('TopK', [scores, graph.int64([nChosen])], 2, { axis: 1 });
  const total = graph.op('ReduceSum', [highest!, graph.int64([1])], { keepdims: 1 });
  const chosen = normalised ? graph.op('Div', [highest!, total]) : highest!;
  const none = graph.op('ConstantOfShape', [graph.op('Shape', [scores])]);
  const shares = graph.op('ScatterElements', [none, which!, chosen], { axis: 1 });
  const ofExperts = graph.ops('Split', [shares], n, { axis: 1, num_outputs: n });
  let sum = graph.op('ConstantOfShape', [graph.op('Shape', [rows])]);
  for (const [at, expert] of [layer, ...layer.otherExperts].entries()) {
    const share = ofExperts[at]!;
    const own = graph.op('Gather', [graph.op('NonZero', [share]), graph.int64(0)]);
    const given = throughOne(graph, model, graph.op('Gather', [rows, own]), expert);
    const weighted = graph.op('Mul', [given, graph.op('Gather', [share, own])]);
    const places = graph.op('Unsqueeze', [own, graph.int64([1])]);
    sum = graph.op('ScatterND', [sum, places, weighted], { reduction: 'add' });
  }
  return graph.op('Reshape', [sum, graph.op('Shape', [input])]);
}

function throughOne(
  graph: Graph,
  model: DecoderModel,
  input: string,
  { gate, up, down }: FeedForward<StoredTensor>,
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
