// The nodes that turn logits into a token: temperature, top-k, top-p and inverse CDF, in 64 bits, with the
// noise coming from outside. Knows nothing of how logits were made.

import { DATA_TYPE, Graph } from '../onnx/onnx-graph.ts';

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
  if (isWhole) {
    const narrow = graph.op('Cast', [temperature], { to: DATA_TYPE.float32 });
    const mass = graph.op('Softmax', [graph.op('Div', [logits, narrow])], { axis: 1 });
    return rule.topP >= 1
      ? pickFromAll(graph, vocabularySize, mass, uniform)
      : pickFromNucleus(graph, vocabularySize, rule.topP, mass, uniform);
  }
  const [values, ids] = highest(graph, logits, rule.topK);
  const wide = graph.op('Cast', [values!], { to: DATA_TYPE.float64 });
  const probability = graph.op('Softmax', [graph.op('Div', [wide, temperature])], { axis: 1 });
  const index = pickSorted(graph, rule.topP, probability, uniform);
  return graph.op('GatherElements', [ids!, index], { axis: 1 });
}

function highest(graph: Graph, values: string, k: number): readonly string[] {
  return graph.ops('TopK', [values, graph.int64([k])], 2, { axis: 1, largest: 1, sorted: 1 });
}

/** How many candidates of the whole vocabulary make a block, whose mass is added up in 32 bits. */
const CANDIDATES_AT_ONCE = 256;

/**
 * Inverse CDF in two steps: which block of the vocabulary, then which token of it. In one step, 64-bit sums over the
 * whole vocabulary would take a third of the time of a small model.
 */
function pickFromAll(graph: Graph, vocabularySize: number, all: string, uniform: string): string {
  const nBlocks = Math.ceil(vocabularySize / CANDIDATES_AT_ONCE);
  const nSpare = nBlocks * CANDIDATES_AT_ONCE - vocabularySize;
  const padded = nSpare === 0 ? all : graph.op('Pad', [all, graph.int64([0, 0, 0, nSpare])]);
  const blocks = graph.op('Reshape', [padded, graph.int64([-1, nBlocks, CANDIDATES_AT_ONCE])]);
  const sums = graph.op('ReduceSum', [blocks, graph.int64([2])], { keepdims: 0 });
  const first = pickByMass(graph, sums, uniform);
  const chosen = graph.op('GatherND', [blocks, first.index], { batch_dims: 1 });
  const second = pickByMass(graph, chosen, first.rest);
  const start = graph.op('Mul', [first.index, graph.int64(CANDIDATES_AT_ONCE)]);
  return graph.op('Add', [start, second.index]);
}

/**
 * `mass` is float32 [rows, n]. Gives the index, int64 [rows, 1], of the candidate whose share of the cumulated mass the
 * noise falls into, and where in that share it falls, in [0, 1).
 */
function pickByMass(graph: Graph, mass: string, uniform: string): { index: string; rest: string } {
  const wide = graph.op('Cast', [mass], { to: DATA_TYPE.float64 });
  const total = graph.op('ReduceSum', [wide, graph.int64([1])], { keepdims: 1 });
  const share = graph.op('Div', [wide, total]);
  const before = graph.op('CumSum', [share, graph.int32(1)], { exclusive: 1 });
  // The noise stays below 1 by more than sums are rounded by: beyond the last candidate there is none.
  const noise = graph.op('Min', [uniform, graph.float64(1 - 1e-9)]);
  const index = lastNotAbove(graph, before, noise);
  const at = (values: string) => graph.op('GatherElements', [values, index], { axis: 1 });
  return { index, rest: graph.op('Div', [graph.op('Sub', [noise, at(before)]), at(share)]) };
}

/** How many candidates hold the nucleus of nearly every distribution that code models make. */
const USUAL_CANDIDATES = 1024;

/** Picks from the likeliest, and sorts the whole vocabulary only where a row needs it: the pick is the same. */
function pickFromNucleus(
  graph: Graph,
  vocabularySize: number,
  topP: number,
  all: string,
  uniform: string,
): string {
  const pick = (values: string, ids: string, branch: Graph) => {
    const wide = branch.op('Cast', [values], { to: DATA_TYPE.float64 });
    const index = pickSorted(branch, topP, wide, uniform);
    return branch.op('GatherElements', [ids, index], { axis: 1 });
  };
  const [values, ids] = highest(graph, all, Math.min(USUAL_CANDIDATES, vocabularySize));
  if (vocabularySize <= USUAL_CANDIDATES) return pick(values!, ids!, graph);
  const mass = graph.op('ReduceSum', [values!, graph.int64([1])], { keepdims: 0 });
  const least = graph.op('ReduceMin', [mass], { keepdims: 0 });
  // The margin is more than 32-bit sums are rounded by.
  const isEnough = graph.op('Greater', [least, graph.float32(topP + 1e-5)]);
  const few = new Graph('usual', graph);
  few.output(pick(values!, ids!, few), 'int64', [null, 1]);
  const whole = new Graph('whole', graph);
  const [allValues, allIds] = highest(whole, all, vocabularySize);
  whole.output(pick(allValues!, allIds!, whole), 'int64', [null, 1]);
  return graph.op('If', [isEnough], { then_branch: few, else_branch: whole });
}

/** Index of the last candidate before which `mass`, sorted from the highest down, adds up to no more than the noise. */
function pickSorted(graph: Graph, topP: number, mass: string, uniform: string): string {
  const before = graph.op('CumSum', [mass, graph.int32(1)], { exclusive: 1 });
  if (topP >= 1) return lastNotAbove(graph, before, uniform);
  // The nucleus is the smallest head of the sorted candidates whose mass reaches top-p.
  const isInside = graph.op('Less', [before, graph.float64(topP)]);
  const upTo = graph.op('Add', [before, mass]);
  const inside = graph.op('Where', [isInside, upTo, graph.float64(0)]);
  const whole = graph.op('ReduceMax', [inside, graph.int64([1])], { keepdims: 1 });
  return lastNotAbove(graph, before, graph.op('Mul', [uniform, whole]));
}

function lastNotAbove(graph: Graph, before: string, threshold: string): string {
  const isPassed = graph.op('LessOrEqual', [before, threshold]);
  const nPassed = graph.op(
    'ReduceSum',
    [graph.op('Cast', [isPassed], { to: DATA_TYPE.int64 }), graph.int64([1])],
    { keepdims: 1 },
  );
  return graph.op('Sub', [nPassed, graph.int64(1)]);
}
