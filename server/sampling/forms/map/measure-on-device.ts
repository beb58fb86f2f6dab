// From logits to what a map keeps of a token, with what WebGPU has: one search for the highest, one soft-max over the
// vocabulary, and small tensors after that, in 32 bits. What it gives is what measure-targets.ts gives, but for rounding.

import { DATA_TYPE, type Graph } from '../../onnx/onnx-graph.ts';
import { asFloats, highestByGroups } from '../../pick/highest-logits.ts';
import { logprobOf } from '../../pick/pick-on-device.ts';
import { type DrawingRule, hasDrawn } from './drawing-rule.ts';
import { MEASURES } from './measure-targets.ts';

/** What stands for minus infinity, which not every shader can be told. */
export const CUT_OFF = -3e38;

/** Inputs and outputs are those of `measureTargets`, but for `CUT_OFF`. */
export function measureOnDevice(
  graph: Graph,
  rule: DrawingRule,
  vocabularySize: number,
  logits: string,
  targets: string,
): void {
  const topK = hasDrawn(rule) ? Math.min(rule.topK, vocabularySize) : 0;
  const isCut = topK > 0 && topK < vocabularySize;
  const k = isCut ? topK : 1;
  const { values, places } = highestByGroups(graph, vocabularySize, k, logits);
  const first = (input: string) =>
    k === 1 ? input : graph.op('Slice', [input, graph.int64([0]), graph.int64([1]), graph.int64([1])]);
  const likeliest = graph.op('Cast', [first(places)], { to: DATA_TYPE.int32 });
  const highestLogit = first(values);
  const logit = graph.op('GatherElements', [logits, targets], { axis: 1 });
  const shareOfHighest = (scores: string) =>
    graph.op('GatherElements', [graph.op('Softmax', [scores], { axis: 1 }), likeliest], { axis: 1 });
  output(graph, MEASURES.plain, 'float32', [
    logprobOf(graph, { logit, highestLogit, highestProbability: shareOfHighest(logits) }),
  ]);
  const isBest = graph.op('Cast', [graph.op('Equal', [likeliest, targets])], { to: DATA_TYPE.uint8 });
  output(graph, MEASURES.best, 'uint8', [isBest]);
  if (!hasDrawn(rule)) return;
  const temperature = graph.float32(rule.temperature);
  const tempered = (scores: string) => graph.op('Div', [scores, temperature]);
  const below = tempered(graph.op('Sub', [logit, highestLogit]));
  if (!isCut) {
    const share = shareOfHighest(tempered(logits));
    output(graph, MEASURES.drawn, 'float32', [graph.op('Add', [below, graph.op('Log', [share])])]);
    return;
  }
  const kept = graph.op('Exp', [tempered(graph.op('Sub', [values, highestLogit]))]);
  const mass = graph.op('ReduceSum', [kept, graph.int64([1])], { keepdims: 1 });
  const drawn = graph.op('Sub', [below, graph.op('Log', [mass])]);
  const isIt = graph.op('Equal', [places, asFloats(graph, targets, vocabularySize)]);
  const [one, none] = [graph.float32(1), graph.float32(0)];
  const found = graph.op('ReduceMax', [graph.op('Where', [isIt, one, none]), graph.int64([1])], {
    keepdims: 1,
  });
  const isInside = graph.op('Greater', [found, none]);
  output(graph, MEASURES.drawn, 'float32', [graph.op('Where', [isInside, drawn, graph.float32(CUT_OFF)])]);
}

function output(graph: Graph, name: string, type: 'float32' | 'uint8', [value]: readonly [string]): void {
  graph.op('Identity', [value], {}, name);
  graph.output(name, type, ['tokens', 1]);
}
