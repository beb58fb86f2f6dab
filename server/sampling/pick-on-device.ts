// The nodes that turn logits into a token and its log-probability with what graphics processors are good at:
// one top-k, one soft-max over the vocabulary, and small tensors after that. Knows nothing of how logits
// were made. The reference on the CPU is pick-token.ts; both pick the same token, but for rounding.

import { DATA_TYPE, type Graph } from './onnx-graph.ts';
import type { PickRule } from './pick-token.ts';

/** What candidates' probabilities are added up in: WebGPU has no 64-bit floats. */
export type Arithmetic = 'float64' | 'float32';

export interface Picked {
  /** int32 [rows, 1]. */
  readonly token: string;
  /** float32 [rows, 1]: under the untruncated softmax at temperature 1, in nats. */
  readonly logprob: string;
}

/** `logits` is float32 [rows, vocabulary]; `uniform`, in [0, 1), and `temperature` are [rows, 1] in `arithmetic`. */
export function pickOnDevice(
  graph: Graph,
  rule: PickRule,
  vocabularySize: number,
  arithmetic: Arithmetic,
  logits: string,
  uniform: string,
  temperature: string,
): Picked {
  const isWhole = !rule.greedy && (rule.topK === 0 || rule.topK >= vocabularySize);
  const k = rule.greedy ? 1 : isWhole ? (rule.topP < 1 ? vocabularySize : 1) : rule.topK;
  const [values, ids] = highestLogits(graph, vocabularySize, arithmetic, k, logits);
  const first = (input: string) =>
    k === 1 ? input : graph.op('Slice', [input, graph.int64([0]), graph.int64([1]), graph.int64([1])]);
  const highest = first(values!);
  // ln p = x − x₁ + ln p₁ with the likeliest token's x₁ and p₁: nothing in it can underflow.
  const probabilities = graph.op('Softmax', [logits], { axis: 1 });
  const likeliest = graph.op('Cast', [first(ids!)], { to: DATA_TYPE.int32 });
  const highestProbability = graph.op('GatherElements', [probabilities, likeliest], { axis: 1 });
  const offset = graph.op('Sub', [graph.op('Log', [highestProbability]), highest]);

  if (rule.greedy) {
    return {
      token: likeliest,
      logprob: graph.op('Add', [highest, offset]),
    };
  }
  const candidates = isWhole && rule.topP >= 1 ? logits : values!;
  const index = pickIndex(graph, rule, arithmetic, candidates, uniform, temperature);
  const value = graph.op('GatherElements', [candidates, index], { axis: 1 });
  const token = candidates === logits ? index : gatherId(graph, arithmetic, ids!, index);
  return {
    token: candidates === logits ? token : graph.op('Cast', [token], { to: DATA_TYPE.int32 }),
    logprob: graph.op('Add', [value, offset]),
  };
}

/** Parts of the vocabulary whose highest logits are looked for side by side. */
const N_PARTS = 32;

/**
 * The k highest of each row and their places, highest first. A kernel for this reads a long row seven times, so
 * the rows are first folded into `N_PARTS` parts: the k highest of all lie in the k columns with the highest maxima.
 * (Of equal logits another may come first than elsewhere.) Only CUDA has what the second part needs.
 */
function highestLogits(
  graph: Graph,
  vocabularySize: number,
  arithmetic: Arithmetic,
  k: number,
  logits: string,
): readonly string[] {
  const top = (input: string, sorted: number) =>
    graph.ops('TopK', [input, graph.int64([k])], 2, { axis: 1, largest: 1, sorted });
  const nColumns = Math.ceil(vocabularySize / N_PARTS);
  if (arithmetic === 'float32' || k * 4 > nColumns) return top(logits, 1);
  const nMissing = nColumns * N_PARTS - vocabularySize;
  const padding = graph.int64([0, 0, 0, nMissing]);
  const whole = nMissing === 0 ? logits : graph.op('Pad', [logits, padding, graph.float32(-Infinity)]);
  const folded = graph.op('Reshape', [whole, graph.int64([-1, N_PARTS, nColumns])]);
  const [, columns] = top(graph.op('ReduceMax', [folded, graph.int64([1])], { keepdims: 0 }), 0);
  const places = graph.op('Expand', [
    graph.op('Unsqueeze', [columns!, graph.int64([1])]),
    graph.int64([1, N_PARTS, 1]),
  ]);
  const flat = graph.int64([-1, N_PARTS * k]);
  const candidates = graph.op('Reshape', [graph.op('GatherElements', [folded, places], { axis: 2 }), flat]);
  const [values, winners] = top(candidates, 1);
  const starts = Array.from({ length: N_PARTS }, (_, part) => part * nColumns);
  const offsets = graph.op('Reshape', [graph.int64(starts), graph.int64([1, N_PARTS, 1])]);
  const ids = graph.op('Reshape', [graph.op('Add', [places, offsets]), flat]);
  return [values!, graph.op('GatherElements', [ids, winners!], { axis: 1 })];
}

/** WebGPU gathers floats only; every token id is one exactly. */
function gatherId(graph: Graph, arithmetic: Arithmetic, ids: string, index: string): string {
  if (arithmetic === 'float64') return graph.op('GatherElements', [ids, index], { axis: 1 });
  const floats = graph.op('Cast', [ids], { to: DATA_TYPE.float32 });
  return graph.op('GatherElements', [floats, index], { axis: 1 });
}

/** Index of the last candidate whose cumulated probability, itself left out, is not above the noise: int32. */
function pickIndex(
  graph: Graph,
  rule: PickRule,
  arithmetic: Arithmetic,
  logits: string,
  uniform: string,
  temperature: string,
): string {
  const wide = arithmetic === 'float64' ? graph.op('Cast', [logits], { to: DATA_TYPE.float64 }) : logits;
  const probability = graph.op('Softmax', [graph.op('Div', [wide, temperature])], { axis: 1 });
  const upTo = graph.op('CumSum', [probability, graph.int32(1)]);
  const before = graph.op('Sub', [upTo, probability]);
  let threshold = uniform;
  if (rule.topP < 1) {
    const limit = arithmetic === 'float64' ? graph.float64(rule.topP) : graph.float32(rule.topP);
    // The nucleus is the smallest head of the sorted candidates whose mass reaches top-p.
    const isInside = graph.op('Cast', [graph.op('Less', [before, limit])], { to: DATA_TYPE[arithmetic] });
    const mass = graph.op('ReduceSum', [graph.op('Mul', [isInside, probability]), graph.int64([1])], {
      keepdims: 1,
    });
    threshold = graph.op('Mul', [uniform, mass]);
  }
  // Counted in 32-bit floats, exact up to 2²⁴, since reductions over integers are not everywhere.
  const isPassed = graph.op('Cast', [graph.op('LessOrEqual', [before, threshold])], {
    to: DATA_TYPE.float32,
  });
  const nPassed = graph.op('ReduceSum', [isPassed, graph.int64([1])], { keepdims: 1 });
  const last = graph.op('Max', [graph.op('Sub', [nPassed, graph.float32(1)]), graph.float32(0)]);
  return graph.op('Cast', [last], { to: DATA_TYPE.int32 });
}
