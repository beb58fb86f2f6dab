// Products with a decoder's matrices as ONNX nodes, in floats or in 8 bits, however the matrices lie in their
// files. What is done to a matrix alone is folded when a session starts.

import { relative } from 'node:path';
import { DATA_TYPE, type Graph } from '../onnx/onnx-graph.ts';
import type { WeightType } from '../weights/safetensors.ts';
import type { DecoderModel, Precision } from './decoder-model.ts';
import { keyWidth, queryWidth } from './decoder-spec.ts';
import type { Linear } from './decoder-table.ts';
import type { StoredTensor } from './decoder-weights.ts';
import { addInt8Weight, int8Product } from './int8-product.ts';
import { packedProduct } from './packed-product.ts';

/** A tensor in the precision wanted: conversions of constants are folded when a session starts. */
export function addTensor(
  graph: Graph,
  model: DecoderModel,
  tensor: StoredTensor,
  wanted: Precision = model.precision ?? 'float32',
): string {
  return convert(graph, addStored(graph, model, tensor), tensor.type, wanted);
}

/** A tensor as it is stored. */
export function addStored(
  graph: Graph,
  { weightFolder }: DecoderModel,
  { bareName, type, shape, file, byteOffset, nBytes }: StoredTensor,
): string {
  return graph.weight(bareName, type, shape, { location: relative(weightFolder, file), byteOffset, nBytes });
}

function convert(graph: Graph, constant: string, type: WeightType, wanted: Precision): string {
  if (type === wanted) return constant;
  return graph.constantOp(`${constant}:${wanted}`, 'Cast', [constant], { to: DATA_TYPE[wanted] });
}

/** `input` [..., in] times the matrix, its bias not added. */
export function project(
  graph: Graph,
  model: DecoderModel,
  input: string,
  linear: Linear<StoredTensor>,
  precision?: Precision,
): string {
  const { bareName } = linear.weight;
  const inFewBits = model.packed?.byName.get(bareName);
  if (inFewBits !== undefined) {
    const location = relative(model.weightFolder, model.packed!.file);
    return packedProduct(graph, input, bareName, inFewBits, location);
  }
  return multiply(graph, model, input, addFactor(graph, model, linear), precision);
}

/**
 * Whether products read a matrix as it lies. With a bias they do not: the runtime joins the bias to a product, which adds it in
 * another order than one beside it would.
 */
function isReadAsStored(model: DecoderModel, { weight, layout, bias }: Linear<StoredTensor>): boolean {
  if (model.turnedBy !== 'products' || model.int8 !== undefined) return false;
  const isEmbedding = weight.bareName === model.weights.embedding.bareName;
  return layout === 'out-in' && bias === null && !isEmbedding;
}

const turnedByNodes = ({ turnedBy: _, ...model }: DecoderModel): DecoderModel => model;

export function addBias(
  graph: Graph,
  model: DecoderModel,
  input: string,
  { bias }: Linear<StoredTensor>,
  precision?: Precision,
): string {
  return bias === null ? input : graph.op('Add', [input, addTensor(graph, model, bias, precision)]);
}

/** Queries, keys and values of one layer side by side, [..., (heads + 2 × key heads) × head width], biases added. */
export function projectQkv(graph: Graph, model: DecoderModel, input: string, layer: number): string {
  const { qkv } = model.weights.layers[layer]!;
  if (qkv.kind === 'apart') {
    const parts = [qkv.query, qkv.key, qkv.value];
    if (model.packed !== undefined) {
      const apart = parts.map((linear) =>
        addBias(graph, model, project(graph, model, input, linear), linear),
      );
      return graph.op('Concat', apart, { axis: -1 });
    }
    const bias = joinBiases(graph, model, layer, parts);
    const isAlike = parts.every(({ layout }) => layout === parts[0]!.layout);
    const source = bias === null && isAlike ? model : turnedByNodes(model);
    const factors = parts.map((linear) => addFactor(graph, source, linear));
    const product = multiply(graph, model, input, joinFactors(graph, model, `qkv.${layer}`, factors));
    return bias === null ? product : graph.op('Add', [product, bias]);
  }
  const { linear, headOrder } = qkv;
  if (headOrder === null) return addBias(graph, model, project(graph, model, input, linear), linear);
  const order = (name: string, axis: 0 | 1) => orderHeads(graph, model, name, axis, headOrder);
  if (model.packed !== undefined) {
    const joint = addBias(graph, model, project(graph, model, input, linear), linear);
    return orderGiven(graph, model, joint, headOrder);
  }
  const factor = addFactor(graph, turnedByNodes(model), linear);
  const product = multiply(graph, model, input, {
    ...factor,
    matrix: order(factor.matrix, 1),
    scale: factor.scale === null ? null : order(factor.scale, 0),
  });
  if (linear.bias === null) return product;
  return graph.op('Add', [product, order(addTensor(graph, model, linear.bias), 0)]);
}

/**
 * What an input is multiplied by: [in, out], or [out, in] where the product turns it, and in 8 bits also the scale of each
 * column. It is turned, joined and ordered as it is stored, and converted at last: the runtime keeps what each of these
 * steps gives until all are done, and 32 bits should be held but once.
 */
interface Factor {
  readonly matrix: string;
  readonly layout: Linear<StoredTensor>['layout'];
  readonly type: WeightType | 'int8';
  readonly scale: string | null;
}

function addFactor(graph: Graph, model: DecoderModel, linear: Linear<StoredTensor>): Factor {
  const { int8, weightFolder } = model;
  const { weight, layout } = linear;
  const { bareName, type } = weight;
  if (int8 !== undefined) {
    const location = relative(weightFolder, int8.file);
    const factor = addInt8Weight(graph, bareName, int8.byName.get(bareName)!, location);
    return { ...factor, layout: 'in-out', type: 'int8' };
  }
  const stored = addStored(graph, model, weight);
  if (layout === 'in-out' || isReadAsStored(model, linear))
    return { matrix: stored, layout, type, scale: null };
  const turned = graph.constantOp(`${bareName}:transposed`, 'Transpose', [stored], { perm: [1, 0] });
  return { matrix: turned, layout: 'in-out', type, scale: null };
}

function multiply(
  graph: Graph,
  model: DecoderModel,
  input: string,
  { matrix, layout, type, scale }: Factor,
  precision: Precision = model.precision ?? 'float32',
): string {
  if (type === 'int8') return int8Product(graph, input, matrix, scale!);
  const factors = [input, convert(graph, matrix, type, precision)];
  return layout === 'in-out'
    ? graph.op('MatMul', factors)
    : graph.contribOp('FusedMatMul', factors, { transB: 1 });
}

/** One product instead of several: a column's result does not depend on what stands beside it. */
function joinFactors(graph: Graph, model: DecoderModel, name: string, factors: readonly Factor[]): Factor {
  const { precision = 'float32' } = model;
  const { layout } = factors[0]!;
  const types = new Set(factors.map(({ type }) => type));
  const [type] = types.size === 1 ? types : [precision];
  const matrices = factors.map((factor) =>
    factor.type === type || factor.type === 'int8'
      ? factor.matrix
      : convert(graph, factor.matrix, factor.type, precision),
  );
  const scales = factors.flatMap(({ scale }) => scale ?? []);
  return {
    matrix: graph.constantOp(name, 'Concat', matrices, { axis: layout === 'in-out' ? 1 : 0 }),
    layout,
    type: type!,
    scale: scales.length === 0 ? null : graph.constantOp(`${name}:scale`, 'Concat', scales, { axis: 0 }),
  };
}

/** Zeros stand for a bias that one of them does not have. */
function joinBiases(
  graph: Graph,
  model: DecoderModel,
  layer: number,
  parts: readonly Linear<StoredTensor>[],
): string | null {
  if (parts.every(({ bias }) => bias === null)) return null;
  const { attention } = model.config;
  const { precision = 'float32' } = model;
  const widths = [queryWidth(attention), keyWidth(attention), keyWidth(attention)];
  const biases = parts.map(({ bias }, i) => {
    if (bias !== null) return addTensor(graph, model, bias);
    const zeros = new Uint8Array(widths[i]! * (precision === 'float32' ? 4 : 2));
    return graph.weight(`zeros:${widths[i]}`, precision, [widths[i]!], zeros);
  });
  return graph.constantOp(`qkv.${layer}:bias`, 'Concat', biases, { axis: 0 });
}

/** Heads of what a product has given, [..., heads × head width], in the order of queries, keys, values. */
function orderGiven(
  graph: Graph,
  { config: { attention } }: DecoderModel,
  product: string,
  headOrder: readonly number[],
): string {
  const places = headOrder.flatMap((place) =>
    Array.from({ length: attention.headWidth }, (_, i) => place * attention.headWidth + i),
  );
  return graph.op('Gather', [product, graph.int64(places)], { axis: -1 });
}

/** Puts heads into the order of queries, keys, values, along an axis of a matrix or of a column's properties. */
function orderHeads(
  graph: Graph,
  { config: { attention, width } }: DecoderModel,
  name: string,
  axis: 0 | 1,
  headOrder: readonly number[],
): string {
  const { headWidth } = attention;
  const before = axis === 0 ? [] : [width];
  const apart = [...before, headOrder.length, headWidth];
  const step = (what: string, operator: string, inputs: readonly string[], attributes = {}) =>
    graph.constantOp(`${name}:${what}`, operator, inputs, attributes);
  const heads = step('heads', 'Reshape', [name, graph.int64(apart)]);
  const ordered = step('ordered', 'Gather', [heads, graph.int64(headOrder)], { axis });
  return step('in-order', 'Reshape', [ordered, graph.int64([...before, headOrder.length * headWidth])]);
}
