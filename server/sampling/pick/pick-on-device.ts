// The nodes that turn logits into a token and its log-probability with what graphics processors are good at:
// one top-k, one soft-max over the vocabulary, and small tensors after that. Knows nothing of how logits
// were made. The reference on the CPU is pick-token.ts; both pick the same token, but for rounding.

import { DATA_TYPE, type Graph } from '../onnx/onnx-graph.ts';
import { cumulateBefore } from './cumulate.ts';
import { asFloats, highestByColumns, highestByGroups } from './highest-logits.ts';
import type { PickRule } from './pick-token.ts';

/** The floats in which candidates' probabilities are added up: WebGPU has none of 64 bits. */
export type Arithmetic = 'float64' | 'float32';

export interface Picked {
  /** int32 [rows, 1]. */
  readonly token: string;
  /** float32 [rows, 1], and so are the others. */
  readonly logit: string;
  readonly highestLogit: string;
  /** The likeliest token's probability under the untruncated softmax at temperature 1. */
  readonly highestProbability: string;
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
  const highest = arithmetic === 'float64' ? highestByColumns : highestByGroups;
  const { values, places: ids } = highest(graph, vocabularySize, k, logits);
  const first = (input: string) =>
    k === 1 ? input : graph.op('Slice', [input, graph.int64([0]), graph.int64([1]), graph.int64([1])]);
  const likeliest = graph.op('Cast', [first(ids)], { to: DATA_TYPE.int32 });
  const probabilities = graph.op('Softmax', [logits], { axis: 1 });
  const ofHighest = {
    highestLogit: first(values),
    highestProbability: graph.op('GatherElements', [probabilities, likeliest], { axis: 1 }),
  };
  if (rule.greedy) return { ...ofHighest, token: likeliest, logit: values };

  const candidates = isWhole && rule.topP >= 1 ? logits : values;
  const nCandidates = isWhole ? vocabularySize : k;
  const index = pickIndex(graph, rule, arithmetic, nCandidates, candidates, uniform, temperature);
  const at = (input: string) => graph.op('GatherElements', [input, index], { axis: 1 });
  const place =
    candidates === values
      ? at(ids)
      : arithmetic === 'float64'
        ? index
        : asFloats(graph, index, vocabularySize);
  return {
    ...ofHighest,
    token: graph.op('Cast', [place], { to: DATA_TYPE.int32 }),
    logit: at(candidates),
  };
}

/** The picked token's ln p = x − x₁ + ln p₁ in nats, by the likeliest token's x₁ and p₁: nothing can underflow. */
export function logprobOf(
  graph: Graph,
  { logit, highestLogit, highestProbability }: Omit<Picked, 'token'>,
): string {
  const offset = graph.op('Sub', [graph.op('Log', [highestProbability]), highestLogit]);
  return graph.op('Add', [logit, offset]);
}

/** Up to so many candidates WebGPU looks through one after the other; more are counted side by side. */
const FEW_CANDIDATES = 512;

/**
 * Index of the last candidate before which the probabilities add up to no more than the noise. Its type is the one that
 * costs each runtime no conversion: int32 or int64.
 */
function pickIndex(
  graph: Graph,
  rule: PickRule,
  arithmetic: Arithmetic,
  nCandidates: number,
  logits: string,
  uniform: string,
  temperature: string,
): string {
  const wide = arithmetic === 'float64' ? graph.op('Cast', [logits], { to: DATA_TYPE.float64 }) : logits;
  const probability = graph.op('Softmax', [graph.op('Div', [wide, temperature])], { axis: 1 });
  const before =
    arithmetic === 'float64'
      ? graph.op('Sub', [graph.op('CumSum', [probability, graph.int32(1)]), probability])
      : cumulateBefore(graph, nCandidates, probability);
  const isNotAbove = (threshold: string) =>
    graph.op('Cast', [graph.op('LessOrEqual', [before, threshold])], { to: DATA_TYPE.float32 });
  let isPassed: string;
  if (rule.topP < 1) {
    const limit = arithmetic === 'float64' ? graph.float64(rule.topP) : graph.float32(rule.topP);
    // The nucleus is the smallest head of the sorted candidates whose mass reaches top-p.
    const isBelow = graph.op('Less', [before, limit]);
    const inside = (to: Arithmetic) => graph.op('Cast', [isBelow], { to: DATA_TYPE[to] });
    const counted = inside(arithmetic);
    const mass = graph.op('ReduceSum', [graph.op('Mul', [counted, probability]), graph.int64([1])], {
      keepdims: 1,
    });
    const passed = isNotAbove(graph.op('Mul', [uniform, mass]));
    // Mass and cumulated sums are rounded differently: noise just below 1 would reach beyond the nucleus.
    isPassed = graph.op('Mul', [passed, arithmetic === 'float32' ? counted : inside('float32')]);
  } else isPassed = isNotAbove(uniform);
  if (arithmetic === 'float32' && nCandidates <= FEW_CANDIDATES) {
    return graph.op('ArgMax', [isPassed], { axis: 1, keepdims: 1, select_last_index: 1 });
  }
  // Counted in 32-bit floats, exact up to 2²⁴, since not every device reduces integers.
  const nPassed = graph.op('ReduceSum', [isPassed, graph.int64([1])], { keepdims: 1 });
  const last = graph.op('Max', [graph.op('Sub', [nPassed, graph.float32(1)]), graph.float32(0)]);
  return graph.op('Cast', [last], { to: DATA_TYPE.int32 });
}
