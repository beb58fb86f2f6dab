// A decoder over whole texts as ONNX nodes: all positions at once, each seeing those before it, without a past.

import { takeApart } from '../../decoder/attention-heads.ts';
import { addCap } from '../../decoder/cap.ts';
import { embed, transform } from '../../decoder/decoder-graph.ts';
import type { DecoderModel } from '../../decoder/decoder-model.ts';
import type { AttentionShape } from '../../decoder/decoder-spec.ts';
import type { Graph } from '../../onnx/onnx-graph.ts';

/**
 * What a graph runs on. WebGPU's own operator for whole texts gives other numbers where subgroups are small, and its cosines
 * are exact near zero only: devices attend node by node, and look angles up.
 */
export type RunsOn = 'processor' | 'device';

/** What the last norm gives, [batch, positions, width], of `tokens`, int32 [batch, positions]. */
export function transformTexts(
  graph: Graph,
  model: DecoderModel,
  tokens: string,
  runsOn: RunsOn = 'processor',
): string {
  const { attention } = model.config;
  const nPositions = graph.op('Squeeze', [graph.op('Shape', [tokens], { start: 1, end: 2 })]);
  const positions = graph.op('Range', [graph.int64(0), nPositions, graph.int64(1)]);
  return transform(graph, model, embed(graph, model, tokens, positions, 'stored'), positions, {
    nAxesBefore: 2,
    rotates: () => (runsOn === 'processor' ? 'before-computed' : 'before-looked-up'),
    attend: (_, heads, layer) => {
      const { scale, window } = attention.layers[layer]!;
      const { query, key, value } = takeApart(graph, attention, heads, 2);
      if (runsOn === 'device' || attention.scoreCap !== null)
        return attendByNodes(graph, attention, layer, { query, key, value }, positions);
      const parts = [query, ...[key, value].map((part) => repeatHeads(graph, attention, part))];
      const mask = window === null ? [] : ['', '', unseenBefore(graph, positions, window)];
      return graph.contribOp('MultiHeadAttention', [...parts, ...mask], {
        num_heads: attention.nHeads,
        unidirectional: 1,
        scale: { float: scale },
      });
    },
  });
}

/** Attention node by node: the runtime's operator for whole texts knows no cap of scores, either. */
function attendByNodes(
  graph: Graph,
  shape: AttentionShape,
  layer: number,
  heads: { readonly query: string; readonly key: string; readonly value: string },
  positions: string,
): string {
  const { nHeads, headWidth, layers, scoreCap } = shape;
  const { scale, window } = layers[layer]!;
  const perHead = (part: string, perm: readonly number[]) => {
    const apart = graph.op('Reshape', [part, graph.int64([0, 0, nHeads, headWidth])]);
    return graph.op('Transpose', [apart], { perm });
  };
  const query = perHead(graph.op('Mul', [heads.query, graph.float32(scale)]), [0, 2, 1, 3]);
  const key = perHead(repeatHeads(graph, shape, heads.key), [0, 2, 3, 1]);
  const value = perHead(repeatHeads(graph, shape, heads.value), [0, 2, 1, 3]);
  const products = graph.op('MatMul', [query, key]);
  const scores = scoreCap === null ? products : addCap(graph, products, scoreCap);
  const masks = [
    unseenAfter(graph, positions),
    ...(window === null ? [] : [unseenBefore(graph, positions, window)]),
  ];
  const seen = masks.reduce((sum, mask) => graph.op('Add', [sum, mask]), scores);
  const attended = graph.op('MatMul', [graph.op('Softmax', [seen], { axis: 3 }), value]);
  const inRows = graph.op('Transpose', [attended], { perm: [0, 2, 1, 3] });
  return graph.op('Reshape', [inRows, graph.int64([0, 0, nHeads * headWidth])]);
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
  return unseenIf(graph, 'Less', positions, first);
}

/** What hides keys that come after a query. */
const unseenAfter = (graph: Graph, positions: string): string =>
  unseenIf(graph, 'Greater', positions, positions);

/** Far below any score where a key's place compares so with the bound of a query. */
function unseenIf(graph: Graph, comparison: 'Less' | 'Greater', positions: string, bounds: string): string {
  const isUnseen = graph.op(comparison, [
    graph.op('Unsqueeze', [positions, graph.int64([0, 1, 2])]),
    graph.op('Unsqueeze', [bounds, graph.int64([0, 1, 3])]),
  ]);
  return graph.op('Where', [isUnseen, graph.float32(-1e30), graph.float32(0)]);
}
