// A decoder's layers as ONNX nodes. Weights stay in their files. Attention over the past is the caller's business,
// since each graph form keeps its past differently.

import { DATA_TYPE, type Graph } from '../onnx/onnx-graph.ts';
import { type AttentionOverPast, PositionedAttention } from './attention-heads.ts';
import { addCap } from './cap.ts';
import type { DecoderModel } from './decoder-model.ts';
import type { Linear, Norm } from './decoder-table.ts';
import type { StoredTensor } from './decoder-weights.ts';
import { feedForward } from './feed-forward.ts';
import { addAndNormalise, normalise } from './norms.ts';
import { addBias, addStored, addTensor, project } from './projection.ts';
import { lookUpSinusoids } from './sinusoids.ts';

/**
 * Embeddings of tokens, with those of their positions added where there are such. The shapes of the two must broadcast. Tables
 * are read as they are stored where the device can, and what is read is converted; elsewhere they are converted whole.
 */
export function embed(
  graph: Graph,
  model: DecoderModel,
  tokens: string,
  positions: string,
  tables: 'stored' | 'float32',
): string {
  const { weights, precision, config } = model;
  const lookUp = (table: StoredTensor, at: string) => {
    if (tables === 'float32') return graph.op('Gather', [addTensor(graph, model, table, 'float32'), at]);
    const found = graph.op('Gather', [addStored(graph, model, table), at]);
    return table.type === 'float32' ? found : graph.op('Cast', [found], { to: DATA_TYPE.float32 });
  };
  let sum = scale(graph, lookUp(weights.embedding, tokens), config.embeddingScale);
  if (weights.embeddingProjection !== null) {
    const { embeddingProjection } = weights;
    const projected = project(graph, model, sum, embeddingProjection, 'float32');
    sum = addBias(graph, model, projected, embeddingProjection, 'float32');
  }
  if (weights.positions !== null) sum = graph.op('Add', [sum, lookUp(weights.positions, positions)]);
  if (typeof config.positions === 'object')
    sum = graph.op('Add', [sum, lookUpSinusoids(graph, config.positions, config.nPositions, positions)]);
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
  const positioned = new PositionedAttention(graph, model, positions, attention);
  switch (model.config.residual) {
    case 'norm-after':
      return transformThenNorm(graph, model, embedded, positioned);
    case 'norm-of-sum':
      return normSums(graph, model, embedded, positioned);
    default:
      return normThenTransform(graph, model, embedded, positioned);
  }
}

/** The orders in which attention and the feed-forward layer read what a norm gives. */
function normThenTransform(
  graph: Graph,
  model: DecoderModel,
  embedded: string,
  attention: PositionedAttention,
): string {
  const { layers, finalNorm } = model.weights;
  const isParallel = model.config.residual.startsWith('parallel');
  let residual = embedded;
  let normed = normalise(graph, model, embedded, layers[0]!.attentionNorm);
  for (const [at, layer] of layers.entries()) {
    const nextNorm = layers[at + 1]?.attentionNorm ?? finalNorm;
    const projected = project(graph, model, attention.attend(normed, at), layer.output);
    if (!isParallel) {
      const attended = contribution(graph, model, projected, layer.output, layer.attentionEndNorm);
      const middle = addAndNormalise(graph, model, residual, attended.value, attended.bias, layer.mlpNorm);
      const outer = feedForward(graph, model, middle.normed, layer);
      const added = contribution(graph, model, outer, layer.down, layer.mlpEndNorm);
      ({ sum: residual, normed } = addAndNormalise(
        graph,
        model,
        middle.sum,
        added.value,
        added.bias,
        nextNorm,
      ));
      continue;
    }
    const mlpInput = layer.mlpNorm === null ? normed : normalise(graph, model, residual, layer.mlpNorm);
    const outer = addBias(graph, model, feedForward(graph, model, mlpInput, layer), layer.down);
    const both = contribution(graph, model, graph.op('Add', [projected, outer]), layer.output, null);
    ({ sum: residual, normed } = addAndNormalise(graph, model, residual, both.value, both.bias, nextNorm));
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
    const projected = project(graph, model, attention.attend(residual, at), layer.output);
    const attended = contribution(graph, model, projected, layer.output, layer.attentionNorm).value;
    const middle = graph.op('Add', [residual, attended]);
    const outer = feedForward(graph, model, middle, layer);
    const added = contribution(graph, model, outer, layer.down, layer.mlpNorm).value;
    residual = graph.op('Add', [middle, added]);
  }
  return finalNorm === null ? residual : normalise(graph, model, residual, finalNorm);
}

/** The first transformers' order: each sum is normed, and the stream is what the norm gives. */
function normSums(
  graph: Graph,
  model: DecoderModel,
  embedded: string,
  attention: PositionedAttention,
): string {
  const { layers, finalNorm } = model.weights;
  let stream = embedded;
  const join = (product: string, linear: Linear<StoredTensor>, norm: Norm<StoredTensor> | null) => {
    const { value, bias } = contribution(graph, model, product, linear, null);
    stream = addAndNormalise(graph, model, stream, value, bias, norm).normed;
  };
  for (const [at, layer] of layers.entries()) {
    const attended = attention.attend(stream, at);
    join(project(graph, model, attended, layer.output), layer.output, layer.attentionNorm);
    join(feedForward(graph, model, stream, layer), layer.down, layer.mlpNorm);
  }
  return finalNorm === null ? stream : normalise(graph, model, stream, finalNorm);
}

/** What joins the stream of a product; its bias apart where nothing but the sum comes after it. */
function contribution(
  graph: Graph,
  model: DecoderModel,
  product: string,
  linear: Linear<StoredTensor>,
  norm: Norm<StoredTensor> | null,
): { readonly value: string; readonly bias: StoredTensor | null } {
  const { residualScale } = model.config;
  if (norm === null && residualScale === 1) return { value: product, bias: linear.bias };
  const sum = addBias(graph, model, product, linear);
  const normed = norm === null ? sum : normalise(graph, model, sum, norm);
  return { value: scale(graph, normed, residualScale, model.precision), bias: null };
}

/** Logits [rows, vocabulary] of [rows, width]. */
export function head(graph: Graph, model: DecoderModel, hidden: string): string {
  const { weights, config } = model;
  let wide = model.precision === 'float16' ? graph.op('Cast', [hidden], { to: DATA_TYPE.float32 }) : hidden;
  for (const linear of [weights.headProjection, weights.head]) {
    if (linear === null) continue;
    wide = addBias(graph, model, project(graph, model, wide, linear, 'float32'), linear, 'float32');
  }
  return addCap(graph, scale(graph, wide, config.logits.scale), config.logits.cap);
}

function scale(graph: Graph, values: string, factor: number, precision: 'float32' | 'float16' = 'float32') {
  if (factor === 1) return values;
  const wide = graph.float32(factor);
  if (precision === 'float32') return graph.op('Mul', [values, wide]);
  const narrow = graph.constantOp(`${wide}:${precision}`, 'Cast', [wide], { to: DATA_TYPE[precision] });
  return graph.op('Mul', [values, narrow]);
}
