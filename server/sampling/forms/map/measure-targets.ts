// From logits to what a map keeps of a token, as ONNX nodes: nothing that is as wide as the vocabulary leaves the graph.

import { DATA_TYPE, type Graph } from '../../onnx/onnx-graph.ts';
import { type DrawingRule, hasDrawn } from './drawing-rule.ts';

/** Outputs of a graph that measures; `drawn` only where `hasDrawn` says so. */
export const MEASURES = { plain: 'plain', drawn: 'drawn', best: 'best' } as const;

/**
 * `logits` float32 [tokens, vocabulary], `targets` int32 [tokens, 1]. Outputs, [tokens, 1]: `plain`, the
 * log-probability under the untruncated softmax at temperature 1; `drawn`, that under the rule, minus infinity
 * where it cuts the token off; `best`, whether the token is the likeliest, the lower id on a tie.
 */
export function measureTargets(
  graph: Graph,
  rule: DrawingRule,
  vocabularySize: number,
  logits: string,
  targets: string,
): void {
  const { temperature } = rule;
  const topK = Math.min(rule.topK, vocabularySize);
  const all = graph.op('LogSoftmax', [logits], { axis: 1 });
  graph.op('GatherElements', [all, targets], { axis: 1 }, MEASURES.plain);
  graph.output(MEASURES.plain, 'float32', ['tokens', 1]);
  const wanted = graph.op('Cast', [targets], { to: DATA_TYPE.int64 });
  if (!hasDrawn(rule) || topK === 0) {
    addBest(graph, graph.op('ArgMax', [logits], { axis: 1, keepdims: 1 }), wanted);
    if (!hasDrawn(rule)) return;
    const tempered = graph.op('Div', [logits, graph.float32(temperature)]);
    const drawn = graph.op('LogSoftmax', [tempered], { axis: 1 });
    graph.op('GatherElements', [drawn, targets], { axis: 1 }, MEASURES.drawn);
    graph.output(MEASURES.drawn, 'float32', ['tokens', 1]);
    return;
  }
  const [values, ids] = graph.ops('TopK', [logits, graph.int64([topK])], 2, {
    axis: 1,
    largest: 1,
    sorted: 1,
  });
  addBest(graph, graph.op('Slice', [ids!, graph.int64([0]), graph.int64([1]), graph.int64([1])]), wanted);
  const wide = graph.op('Cast', [values!], { to: DATA_TYPE.float64 });
  const tempered = graph.op('Div', [wide, graph.float64(temperature)]);
  const drawn = graph.op('LogSoftmax', [tempered], { axis: 1 });
  // The token's own among the likeliest; the others are passed over by being minus infinity.
  const isIt = graph.op('Equal', [ids!, wanted]);
  const own = graph.op('Where', [isIt, drawn, graph.float64(-Infinity)]);
  const found = graph.op('ReduceMax', [own, graph.int64([1])], { keepdims: 1 });
  graph.op('Cast', [found], { to: DATA_TYPE.float32 }, MEASURES.drawn);
  graph.output(MEASURES.drawn, 'float32', ['tokens', 1]);
}

function addBest(graph: Graph, best: string, wanted: string): void {
  graph.op('Cast', [graph.op('Equal', [best, wanted])], { to: DATA_TYPE.uint8 }, MEASURES.best);
  graph.output(MEASURES.best, 'uint8', ['tokens', 1]);
}
