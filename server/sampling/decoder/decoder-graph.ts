// GPT-2's layers as ONNX nodes, after A. Radford et al., "Language Models are Unsupervised Multitask
// Learners" (2019), with the variations that its configuration names. Weights stay in their files. Attention
// over the past is the caller's business, since each graph form keeps its past differently.

import { relative } from 'node:path';
import { DATA_TYPE, type Graph } from '../onnx/onnx-graph.ts';
import type { Activation, DecoderSpec } from './decoder-spec.ts';
import type { DecoderWeights } from './decoder-weights.ts';
import { int8Product } from './int8-product.ts';
import type { Int8Weights } from './int8-weights.ts';

/** Makes attention's output, as wide as `qkv`'s third, from the joint projection of one layer. */
export type Attend = (graph: Graph, qkv: string, layer: number) => string;

export interface DecoderModel {
  readonly config: DecoderSpec;
  readonly weights: DecoderWeights;
  /** The folder that every weight's place is told relative to: the session must be given the same. */
  readonly weightFolder: string;
  /** What the layers compute in; embeddings' sum and logits are 32-bit always. Left out: 32 bits. */
  readonly precision?: Precision;
  /** Products with weights are in 8 bits then, of rows of float32 in two dimensions. Left out: `precision`. */
  readonly int8?: Int8Weights;
}

export type Precision = 'float32' | 'float16';

/** Sum of token and position embeddings. The shapes of the two must broadcast. */
export function embed(graph: Graph, model: DecoderModel, tokens: string, positions: string): string {
  const token = graph.op('Gather', [weight(graph, model, 'wte.weight', 'float32'), tokens]);
  const position = graph.op('Gather', [weight(graph, model, 'wpe.weight', 'float32'), positions]);
  const sum = graph.op('Add', [token, position]);
  return model.precision === 'float16' ? graph.op('Cast', [sum], { to: DATA_TYPE.float16 }) : sum;
}

/** All layers and the last layer norm, on [rows, width] or [batch, rows, width]. */
export function transform(graph: Graph, model: DecoderModel, embedded: string, attend: Attend): string {
  const { nLayers, layerNormEpsilon } = model.config;
  let residual = embedded;
  let normed = graph.op('LayerNormalization', [embedded, ...scaleAndBias(graph, model, 'h.0.ln_1')], {
    axis: -1,
    epsilon: { float: layerNormEpsilon },
  });
  for (let layer = 0; layer < nLayers; layer++) {
    const prefix = `h.${layer}`;
    const qkv = addBias(
      graph,
      model,
      linear(graph, model, normed, `${prefix}.attn.c_attn`),
      `${prefix}.attn.c_attn`,
    );
    const attended = attend(graph, qkv, layer);
    const projected = linear(graph, model, attended, `${prefix}.attn.c_proj`);
    const middle = addAndNorm(graph, model, residual, projected, `${prefix}.attn.c_proj`, `${prefix}.ln_2`);
    const inner = linear(graph, model, middle.normed, `${prefix}.mlp.c_fc`);
    const activated = activate(graph, model, inner, `${prefix}.mlp.c_fc`);
    const outer = linear(graph, model, activated, `${prefix}.mlp.c_proj`);
    const nextNorm = layer + 1 < nLayers ? `h.${layer + 1}.ln_1` : 'ln_f';
    ({ sum: residual, normed } = addAndNorm(
      graph,
      model,
      middle.sum,
      outer,
      `${prefix}.mlp.c_proj`,
      nextNorm,
    ));
  }
  return normed;
}

/** Logits [rows, vocabulary] of [rows, width]. */
export function head(graph: Graph, model: DecoderModel, hidden: string): string {
  const wide = model.precision === 'float16' ? graph.op('Cast', [hidden], { to: DATA_TYPE.float32 }) : hidden;
  const name = model.config.tiedHead ? 'wte.weight' : 'lm_head.weight';
  if (model.int8 !== undefined) return roundedProduct(graph, model, model.int8, wide, name);
  const table = weight(graph, model, name, 'float32');
  return graph.op('MatMul', [
    wide,
    graph.constantOp(`${name}:transposed`, 'Transpose', [table], { perm: [1, 0] }),
  ]);
}

/** A weight by its bare name: conversions of constants are folded when a session starts. */
function weight(
  graph: Graph,
  { weights, weightFolder, precision = 'float32' }: DecoderModel,
  name: string,
  wanted: Precision = precision,
): string {
  const { type, shape, file, byteOffset, nBytes } = weights.get(name)!;
  graph.weight(name, type, shape, { location: relative(weightFolder, file), byteOffset, nBytes });
  if (type === wanted) return name;
  return graph.constantOp(`${name}:${wanted}`, 'Cast', [name], { to: DATA_TYPE[wanted] });
}

function linear(graph: Graph, model: DecoderModel, input: string, name: string): string {
  if (model.int8 !== undefined) return roundedProduct(graph, model, model.int8, input, `${name}.weight`);
  return graph.op('MatMul', [input, weight(graph, model, `${name}.weight`)]);
}

function roundedProduct(
  graph: Graph,
  { weightFolder }: DecoderModel,
  { file, byName }: Int8Weights,
  input: string,
  name: string,
): string {
  return int8Product(graph, input, name, byName.get(name)!, relative(weightFolder, file));
}

function addBias(graph: Graph, model: DecoderModel, input: string, name: string): string {
  return model.config.hasBias ? graph.op('Add', [input, weight(graph, model, `${name}.bias`)]) : input;
}

/** The residual sum with the projection's bias, and its layer norm, in one fused node. */
function addAndNorm(
  graph: Graph,
  model: DecoderModel,
  residual: string,
  projected: string,
  projection: string,
  norm: string,
): { readonly sum: string; readonly normed: string } {
  const { hasBias, layerNormEpsilon } = model.config;
  const sum = graph.newName('sum');
  const normed = graph.newName('normed');
  const [scale, shift = ''] = scaleAndBias(graph, model, norm);
  const bias = hasBias ? weight(graph, model, `${projection}.bias`) : '';
  graph.node(
    'com.microsoft',
    'SkipLayerNormalization',
    [residual, projected, scale!, shift, bias],
    [normed, '', '', sum],
    { epsilon: { float: layerNormEpsilon } },
  );
  return { sum, normed };
}

function scaleAndBias(graph: Graph, model: DecoderModel, norm: string): string[] {
  const scale = weight(graph, model, `${norm}.weight`);
  return model.config.hasBias ? [scale, weight(graph, model, `${norm}.bias`)] : [scale];
}

function activate(graph: Graph, model: DecoderModel, input: string, name: string): string {
  const { activation, hasBias } = model.config;
  if (activation === 'tanh-gelu') {
    return graph.contribOp('FastGelu', hasBias ? [input, weight(graph, model, `${name}.bias`)] : [input]);
  }
  return ACTIVATE[activation](graph, addBias(graph, model, input, name));
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
