// Cumulated sums along long rows, for a runtime whose kernel adds up each sum from the row's start again: WebGPU's.

import type { Graph } from '../onnx/onnx-graph.ts';
import { padRows } from './highest-logits.ts';

/** How many values a part of the row has: the kernel makes as many additions for one sum, and again over the parts. */
const PART_LENGTHS = { least: 128, usual: 256, most: 512 } as const;

/** `rows` is float32 [rows, rowLength]; gives for each value the sum of those before it. */
export function cumulateBefore(graph: Graph, rowLength: number, rows: string): string {
  if (rowLength <= PART_LENGTHS.most) return graph.op('CumSum', [rows, graph.int32(1)], { exclusive: 1 });
  const partLength = choosePartLength(rowLength);
  const nParts = Math.ceil(rowLength / partLength);
  const nMissing = nParts * partLength - rowLength;
  const parts = graph.op('Reshape', [
    padRows(graph, rows, nMissing, 0),
    graph.int64([-1, nParts, partLength]),
  ]);
  const inside = graph.op('CumSum', [parts, graph.int32(2)], { exclusive: 1 });
  const sums = graph.op('ReduceSum', [parts, graph.int64([2])], { keepdims: 1 });
  const before = graph.op('CumSum', [sums, graph.int32(1)], { exclusive: 1 });
  const all = graph.op('Reshape', [
    graph.op('Add', [inside, before]),
    graph.int64([-1, nParts * partLength]),
  ]);
  if (nMissing === 0) return all;
  return graph.op('Slice', [all, graph.int64([0]), graph.int64([rowLength]), graph.int64([1])]);
}

/** A good length for the parts of a row: one that divides it, so that it needs no padding, if there is one. */
function choosePartLength(rowLength: number): number {
  const { least, usual, most } = PART_LENGTHS;
  if (rowLength % usual === 0) return usual;
  for (let length = most; length >= least; length--) if (rowLength % length === 0) return length;
  return usual;
}
