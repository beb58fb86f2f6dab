// Norms as ONNX nodes: layer norm, and RMS norm (B. Zhang and R. Sennrich, "Root Mean Square Layer Normalization",
// 2019). The runtime has one fused node for a residual sum with the norm behind it, which is used wherever it can be.

import { DATA_TYPE, type Graph } from '../onnx/onnx-graph.ts';
import type { DecoderModel } from './decoder-model.ts';
import type { Norm } from './decoder-table.ts';
import type { StoredTensor } from './decoder-weights.ts';
import { addTensor } from './projection.ts';

/** Over the last axis of `input`. */
export function normalise(
  graph: Graph,
  model: DecoderModel,
  input: string,
  norm: Norm<StoredTensor>,
): string {
  const { kind, epsilon } = model.config.norm;
  const operator = kind === 'layer' ? 'LayerNormalization' : 'SimplifiedLayerNormalization';
  return graph.op(operator, [input, ...scaleAndShift(graph, model, norm)], {
    axis: -1,
    epsilon: { float: epsilon },
  });
}

/** `residual` + `added` + `bias`, and the norm of that: the sum itself where there is none. */
export function addAndNormalise(
  graph: Graph,
  model: DecoderModel,
  residual: string,
  added: string,
  bias: StoredTensor | null,
  norm: Norm<StoredTensor> | null,
): { readonly sum: string; readonly normed: string } {
  const { kind, epsilon } = model.config.norm;
  if (norm === null) {
    const whole = bias === null ? added : graph.op('Add', [added, addTensor(graph, model, bias)]);
    const sum = graph.op('Add', [residual, whole]);
    return { sum, normed: sum };
  }
  const sum = graph.newName('sum');
  const normed = graph.newName('normed');
  const [scale, shift = ''] = scaleAndShift(graph, model, norm);
  const addedBias = bias === null ? '' : addTensor(graph, model, bias);
  const [operator, parameters] =
    kind === 'layer'
      ? ['SkipLayerNormalization', [scale!, shift, addedBias]]
      : ['SkipSimplifiedLayerNormalization', [scale!, addedBias]];
  graph.node('com.microsoft', operator, [residual, added, ...parameters], [normed, '', '', sum], {
    epsilon: { float: epsilon },
  });
  return { sum, normed };
}

function scaleAndShift(graph: Graph, model: DecoderModel, { scale, shift }: Norm<StoredTensor>): string[] {
  const factor = addScale(graph, model, scale);
  return shift === null ? [factor] : [factor, addTensor(graph, model, shift)];
}

/** What is stored, or one more; that sum is made in 32 bits, since what is stored is small beside it. */
function addScale(graph: Graph, model: DecoderModel, scale: StoredTensor): string {
  const { precision = 'float32' } = model;
  if (model.config.norm.factor === 'weight') return addTensor(graph, model, scale);
  const stored = addTensor(graph, model, scale, 'float32');
  const sum = graph.constantOp(`${scale.bareName}:and-one`, 'Add', [stored, graph.float32(1)]);
  if (precision === 'float32') return sum;
  return graph.constantOp(`${scale.bareName}:and-one:${precision}`, 'Cast', [sum], {
    to: DATA_TYPE[precision],
  });
}
