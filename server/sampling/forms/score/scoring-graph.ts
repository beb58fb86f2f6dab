// Teacher forcing as one ONNX graph: the log-probability of every token of given texts, all positions at
// once. Texts of a batch may differ in length; what is behind a text's end cannot reach back into it.

import { type DecoderModel, embed, head, transform } from '../../decoder/decoder-graph.ts';
import { encodeModel, Graph } from '../../onnx/onnx-graph.ts';

/** Inputs: `tokens` and `targets`, int32 [batch, positions]. Output: `logprob` of the targets, float32 alike. */
export function buildScoringGraph(model: DecoderModel): Uint8Array {
  const { nHeads, width, attentionScales } = model.config;
  const graph = new Graph('scoring');
  graph.input('tokens', 'int32', ['batch', 'positions']);
  graph.input('targets', 'int32', ['batch', 'positions']);
  const nPositions = graph.op('Squeeze', [graph.op('Shape', ['tokens'], { start: 1, end: 2 })]);
  const positions = graph.op('Range', [graph.int64(0), nPositions, graph.int64(1)]);
  const hidden = transform(graph, model, embed(graph, model, 'tokens', positions), (_, qkv, layer) => {
    const parts = graph.ops('Split', [qkv], 3, { axis: 2, num_outputs: 3 });
    return graph.contribOp('MultiHeadAttention', parts, {
      num_heads: nHeads,
      unidirectional: 1,
      scale: { float: attentionScales[layer]! },
    });
  });
  const rows = graph.op('Reshape', [hidden, graph.int64([-1, width])]);
  const logprobs = graph.op('LogSoftmax', [head(graph, model, rows)], { axis: 1 });
  const targets = graph.op('Reshape', ['targets', graph.int64([-1, 1])]);
  const picked = graph.op('GatherElements', [logprobs, targets], { axis: 1 });
  graph.op('Reshape', [picked, graph.op('Shape', ['tokens'])], {}, 'logprob');
  graph.output('logprob', 'float32', ['batch', 'positions']);
  return encodeModel(graph);
}
