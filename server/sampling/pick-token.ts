// The nodes that turn logits into a token: temperature, top-k, top-p and inverse CDF, in 64 bits, with the
// noise coming from outside. Knows nothing of how logits were made.

import { DATA_TYPE, type Graph } from './onnx-graph.ts';

export interface PickRule {
  /** 0 means the whole vocabulary. */
  readonly topK: number;
  /** 1 means no nucleus cut. */
  readonly topP: number;
  readonly greedy: boolean;
}

/**
 * `logits` is [rows, vocabulary]; `uniform`, in [0, 1), and `temperature` are float64 [rows, 1].
 * Gives int64 [rows, 1].
 */
export function pickToken(
  graph: Graph,
  rule: PickRule,
  vocabularySize: number,
  logits: string,
  uniform: string,
  temperature: string,
): string {
  // On a tie both operators prefer the lower token id.
  if (rule.greedy) return graph.op('ArgMax', [logits], { axis: 1, keepdims: 1 });
  const isWhole = rule.topK === 0 || rule.topK >= vocabularySize;
  if (isWhole && rule.topP >= 1) return pickIndex(graph, rule, logits, uniform, temperature);
  const k = isWhole ? vocabularySize : rule.topK;
  const [values, ids] = graph.ops('TopK', [logits, graph.int64([k])], 2, { axis: 1, largest: 1, sorted: 1 });
  const index = pickIndex(graph, rule, values!, uniform, temperature);
  return graph.op('GatherElements', [ids!, index], { axis: 1 });
}

/** Index of the last candidate whose cumulated probability, itself left out, is not above the noise. */
function pickIndex(
  graph: Graph,
  rule: PickRule,
  logits: string,
  uniform: string,
  temperature: string,
): string {
  const wide = graph.op('Cast', [logits], { to: DATA_TYPE.float64 });
  const probability = graph.op('Softmax', [graph.op('Div', [wide, temperature])], { axis: 1 });
  const before = graph.op('CumSum', [probability, graph.int32(1)], { exclusive: 1 });
  let threshold = uniform;
  if (rule.topP < 1) {
    // The nucleus is the smallest head of the sorted candidates whose mass reaches top-p.
    const isInside = graph.op('Less', [before, graph.float64(rule.topP)]);
    const upTo = graph.op('Add', [before, probability]);
    const inside = graph.op('Where', [isInside, upTo, graph.float64(0)]);
    const mass = graph.op('ReduceMax', [inside, graph.int64([1])], { keepdims: 1 });
    threshold = graph.op('Mul', [uniform, mass]);
  }
  const isPassed = graph.op('LessOrEqual', [before, threshold]);
  const nPassed = graph.op(
    'ReduceSum',
    [graph.op('Cast', [isPassed], { to: DATA_TYPE.int64 }), graph.int64([1])],
    { keepdims: 1 },
  );
  return graph.op('Sub', [nPassed, graph.int64(1)]);
}
