// A decoder's layers as ONNX nodes. Weights stay in their files. Attention over the past is the caller's business,
// since each graph form keeps its past differently.

import { DATA_TYPE, type Graph } from '../onnx/onnx-graph.ts';
import { type AttentionOverPast, PositionedAttention } from './attention-heads.ts';
import type { DecoderModel } from './decoder-model.ts';
import type { Activation } from './decoder-spec.ts';
import type { DecoderLayer } from './decoder-table.ts';
import type { StoredTensor } from './decoder-weights.ts';
import { addAndNormalise, normalise } from './norms.ts';
import { addBias, addTensor, project } from './projection.ts';

/** Embeddings of tokens, with those of their positions added where there are such. The shapes of the two must broadcast. */
export function embed(graph: Graph, model: DecoderModel, tokens: string, positions: string): string {
  const { weights, precision } = model;
  const lookUp = (table: StoredTensor, at: string) =>
    graph.op('Gather', [addTensor(graph, model, table, 'float32'), at]);
  let sum = lookUp(weights.embedding, tokens);
  if (weights.positions !== null) sum = graph.op('Add', [sum, lookUp(weights.positions, positions)]);
  return precision === 'float16' ? graph.op('Cast', [sum], { to: DATA_TYPE.float16 }) : sum;
}

/** All layers and the last norm, on [rows, width] or [batch, rows, width]; `positions` are those of the rows. */
export function transform(
  graph: Graph,
  model: DecoderModel,
  embedded: string,
  positions: string,
  attention: AttentionOverPast,
): string {
  const { layers, finalNorm } = model.weights;
  const positioned = new PositionedAttention(graph, model, positions, attention);
  if (model.config.residual === 'norm-after') return transformThenNorm(graph, model, embedded, positioned);
  let residual = embedded;
  let normed = normalise(graph, model, embedded, layers[0]!.attentionNorm);
  for (const [at, layer] of layers.entries()) {
    const nextNorm = layers[at + 1]?.attentionNorm ?? finalNorm;
    const projected = project(graph, model, positioned.attend(normed, at), layer.output);
    if (model.config.residual === 'sequential') {
      const middle = addAndNormalise(graph, model, residual, projected, layer.output.bias, layer.mlpNorm!);
      const outer = feedForward(graph, model, middle.normed, layer);
      const end = addAndNormalise(graph, model, middle.sum, outer, layer.down.bias, nextNorm);
      ({ sum: residual, normed } = end);
      continue;
    }
    const mlpInput = layer.mlpNorm === null ? normed : normalise(graph, model, residual, layer.mlpNorm);
    const outer = addBias(graph, model, feedForward(graph, model, mlpInput, layer), layer.down);
    const both = graph.op('Add', [projected, outer]);
    ({ sum: residual, normed } = addAndNormalise(graph, model, residual, both, layer.output.bias, nextNorm));
  }
  return normed;
}

/** The order in which a norm is of what attention or the feed-forward layer gives, not of what it reads. */
function transformThenNorm(
  graph: Graph,
  model: DecoderModel,
  embedded: string,
  attention: PositionedAttention,
): string {
  const { layers, finalNorm } = model.weights;
  let residual = embedded;
  for (const [at, layer] of layers.entries()) {
    const projected = addBias(
      graph,
      model,
      project(graph, model, attention.attend(residual, at), layer.output),
      layer.output,
    );
    const middle = graph.op('Add', [residual, normalise(graph, model, projected, layer.attentionNorm)]);
    const outer = addBias(graph, model, feedForward(graph, model, middle, layer), layer.down);
    residual = graph.op('Add', [middle, normalise(graph, model, outer, layer.mlpNorm!)]);
  }
  return normalise(graph, model, residual, finalNorm);
}

/** The last product's bias is not added yet. */
function feedForward(
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

/** Logits [rows, vocabulary] of [rows, width]. */
export function head(graph: Graph, model: DecoderModel, hidden: string): string {
  const wide = model.precision === 'float16' ? graph.op('Cast', [hidden], { to: DATA_TYPE.float32 }) : hidden;
  const { head } = model.weights;
  return addBias(graph, model, project(graph, model, wide, head, 'float32'), head, 'float32');
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
