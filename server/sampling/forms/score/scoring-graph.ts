// Teacher forcing as one ONNX graph: the log-probability of every token of given texts, all positions at
// once. Texts of a batch may differ in length; what is behind a text's end cannot reach back into it.

import { takeApart } from '../../decoder/attention-heads.ts';
import { embed, head, transform } from '../../decoder/decoder-graph.ts';
import type { DecoderModel } from '../../decoder/decoder-model.ts';
import type { AttentionShape } from '../../decoder/decoder-spec.ts';
import { encodeModel, Graph } from '../../onnx/onnx-graph.ts';

/** Inputs: `tokens` and `targets`, int32 [batch, positions]. Output: `logprob` of the targets, float32 alike. */
export function buildScoringGraph(model: DecoderModel): Uint8Array {
  const { width, attention } = model.config;
  const graph = new Graph('scoring');
  graph.input('tokens', 'int32', ['batch', 'positions']);
  graph.input('targets', 'int32', ['batch', 'positions']);
  const nPositions = graph.op('Squeeze', [graph.op('Shape', ['tokens'], { start: 1, end: 2 })]);
  const positions = graph.op('Range', [graph.int64(0), nPositions, graph.int64(1)]);
  const hidden = transform(graph, model, embed(graph, model, 'tokens', positions), positions, {
    nAxesBefore: 2,
    rotates: () => 'before-computed',
    attend: (_, heads, layer) => {
      const { scale, window } = attention.layers[layer]!;
      const { query, key, value } = takeApart(graph, attention, heads, 2);
      const parts = [query, ...[key, value].map((part) => repeatHeads(graph, attention, part))];
      const mask = window === null ? [] : ['', '', unseenBefore(graph, positions, window)];
      return graph.contribOp('MultiHeadAttention', [...parts, ...mask], {
        num_heads: attention.nHeads,
        unidirectional: 1,
        scale: { float: scale },
      });
    },
  });
  const rows = graph.op('Reshape', [hidden, graph.int64([-1, width])]);
  const logprobs = graph.op('LogSoftmax', [head(graph, model, rows)], { axis: 1 });
  const targets = graph.op('Reshape', ['targets', graph.int64([-1, 1])]);
  const picked = graph.op('GatherElements', [logprobs, targets], { axis: 1 });
  graph.op('Reshape', [picked, graph.op('Shape', ['tokens'])], {}, 'logprob');
  graph.output('logprob', 'float32', ['batch', 'positions']);
  return encodeModel(graph);
}

/** Each key head once for every query head that it serves: [texts, positions, heads × head width]. */
function repeatHeads(graph: Graph, { nHeads, nKeyHeads, headWidth }: AttentionShape, part: string): string {
  if (nHeads === nKeyHeads) return part;
  const nQueries = nHeads / nKeyHeads;
  const apart = graph.op('Reshape', [part, graph.int64([0, 0, nKeyHeads, headWidth])]);
  const places = Array.from({ length: nHeads }, (_, head) => Math.floor(head / nQueries));
  const repeated = graph.op('Gather', [apart, graph.int64(places)], { axis: 2 });
  return graph.op('Reshape', [repeated, graph.int64([0, 0, nHeads * headWidth])]);
}

/** Float32 [1, 1, positions, positions]: added to scores, so that a query sees no key that its window has passed. */
function unseenBefore(graph: Graph, positions: string, window: number): string {
  const first = graph.op('Sub', [positions, graph.int64(window - 1)]);
  const isPassed = graph.op('Less', [
    graph.op('Unsqueeze', [positions, graph.int64([0, 1, 2])]),
    graph.op('Unsqueeze', [first, graph.int64([0, 1, 3])]),
  ]);
  return graph.op('Where', [isPassed, graph.float32(-1e30), graph.float32(0)]);
}
