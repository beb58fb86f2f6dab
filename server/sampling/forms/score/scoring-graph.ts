// Teacher forcing as one ONNX graph: the log-probability of every token of given texts, all positions at
// once. Texts of a batch may differ in length; what is behind a text's end cannot reach back into it.

import { head } from '../../decoder/decoder-graph.ts';
import type { DecoderModel } from '../../decoder/decoder-model.ts';
import { encodeModel, Graph } from '../../onnx/onnx-graph.ts';
import { transformTexts } from './whole-texts.ts';

/** Inputs: `tokens` and `targets`, int32 [batch, positions]. Output: `logprob` of the targets, float32 alike. */
export function buildScoringGraph(source: DecoderModel): Uint8Array {
  const model: DecoderModel = { ...source, turnedBy: 'products' };
  const graph = new Graph('scoring');
  graph.input('tokens', 'int32', ['batch', 'positions']);
  graph.input('targets', 'int32', ['batch', 'positions']);
  const hidden = transformTexts(graph, model, 'tokens');
  const rows = graph.op('Reshape', [hidden, graph.int64([-1, model.config.width])]);
  const logprobs = graph.op('LogSoftmax', [head(graph, model, rows)], { axis: 1 });
  const targets = graph.op('Reshape', ['targets', graph.int64([-1, 1])]);
  const picked = graph.op('GatherElements', [logprobs, targets], { axis: 1 });
  graph.op('Reshape', [picked, graph.op('Shape', ['tokens'])], {}, 'logprob');
  graph.output('logprob', 'float32', ['batch', 'positions']);
  return encodeModel(graph);
}
