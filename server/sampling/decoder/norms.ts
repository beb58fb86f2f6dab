// Norms as ONNX nodes: layer norm, and RMS norm (B. Zhang and R. Sennrich, "Root Mean Square Layer Normalization",
// 2019). The runtime has one fused node for a residual sum with the norm behind it, which is used wherever it can be.

import type { Graph } from '../onnx/onnx-graph.ts';
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

/** `residual` + `added` + `bias`, and the norm of that. */
export function addAndNormalise(
  graph: Graph,
  model: DecoderModel,
  residual: string,
  added: string,
  bias: StoredTensor | null,
  norm: Norm<StoredTensor>,
): { readonly sum: string; readonly normed: string } {
  const { kind, epsilon } = model.config.norm;
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
  const scaleName = addTensor(graph, model, scale);
  return shift === null ? [scaleName] : [scaleName, addTensor(graph, model, shift)];
}
