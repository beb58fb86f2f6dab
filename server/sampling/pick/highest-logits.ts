// The k highest of each row and their places, highest first, by what each runtime's top-k is good at. Knows nothing
// of what the values mean.

import { DATA_TYPE, type Graph } from '../onnx/onnx-graph.ts';

interface Highest {
  /** float32 [rows, k]. */
  readonly values: string;
  /** [rows, k]: places in the row, int64 or, from `highestByGroups`, float32. */
  readonly places: string;
}

/** Parts of a row whose highest values are looked for side by side. */
const N_PARTS = 32;

/**
 * For CUDA, whose kernel reads a long row seven times: the rows are first folded into `N_PARTS` parts, and the k
 * highest of all lie in the k columns with the highest maxima. (Of equal values another may come first than
 * elsewhere.) Places are int64.
 */
export function highestByColumns(graph: Graph, rowLength: number, k: number, rows: string): Highest {
  const nColumns = Math.ceil(rowLength / N_PARTS);
  if (k * 4 > nColumns) return topK(graph, rows, k, 'sorted');
  const whole = padRows(graph, rows, nColumns * N_PARTS - rowLength, -Infinity);
  const folded = graph.op('Reshape', [whole, graph.int64([-1, N_PARTS, nColumns])]);
  const maxima = graph.op('ReduceMax', [folded, graph.int64([1])], { keepdims: 0 });
  const columns = topK(graph, maxima, k, 'unsorted').places;
  const places = graph.op('Expand', [
    graph.op('Unsqueeze', [columns, graph.int64([1])]),
    graph.int64([1, N_PARTS, 1]),
  ]);
  const flat = graph.int64([-1, N_PARTS * k]);
  const candidates = graph.op('Reshape', [graph.op('GatherElements', [folded, places], { axis: 2 }), flat]);
  const winners = topK(graph, candidates, k, 'sorted');
  const starts = Array.from({ length: N_PARTS }, (_, part) => part * nColumns);
  const offsets = graph.op('Reshape', [graph.int64(starts), graph.int64([1, N_PARTS, 1])]);
  const all = graph.op('Reshape', [graph.op('Add', [places, offsets]), flat]);
  return {
    values: winners.values,
    places: graph.op('GatherElements', [all, winners.places], { axis: 1 }),
  };
}

/** How many values WebGPU's kernel sorts in one go; a longer row passes through memory a hundred times. */
const SORTED_AT_ONCE = 2048;

/**
 * For WebGPU: the k highest of all lie in the k groups of neighbours with the highest maxima, and each sort is one that
 * the kernel does in one go. (Of equal values another may come first than elsewhere, but never for k = 1.) Places are
 * float32, each one exactly: WebGPU computes with no 64-bit integers, and where it cannot, the runtime fetches the
 * values and waits.
 */
export function highestByGroups(graph: Graph, rowLength: number, k: number, rows: string): Highest {
  const { values, places } = findByGroups(graph, rowLength, k, rows);
  return { values, places: places(1) };
}

interface Found {
  readonly values: string;
  /** Places in the row, in a type that GatherElements takes. */
  readonly index: string;
  /** These places as float32, multiplied by a factor. */
  readonly places: (factor: number) => string;
}

function findByGroups(graph: Graph, rowLength: number, k: number, rows: string): Found {
  if (rowLength <= SORTED_AT_ONCE || k * 4 > SORTED_AT_ONCE) {
    const { values, places } = topK(graph, rows, k, 'sorted');
    return { values, index: places, places: (factor) => asFloats(graph, places, rowLength, factor) };
  }
  const size = chooseGroupSize(rowLength);
  const nGroups = Math.ceil(rowLength / size);
  const whole = padRows(graph, rows, nGroups * size - rowLength, LOWEST);
  const groups = graph.op('Reshape', [whole, graph.int64([-1, nGroups, size])]);
  const maxima = graph.op('ReduceMax', [groups, graph.int64([2])], { keepdims: 0 });
  const starts = findByGroups(graph, nGroups, k, maxima).places(size);
  const offsets = graph.float32(Array.from({ length: size }, (_, i) => i));
  const inside = graph.op('Add', [graph.op('Unsqueeze', [starts, graph.int64([2])]), offsets]);
  const places = graph.op('Reshape', [inside, graph.int64([-1, k * size])]);
  const at = (values: string, index: string) => graph.op('GatherElements', [values, index], { axis: 1 });
  const asIndex = (floats: string) => graph.op('Cast', [floats], { to: DATA_TYPE.int32 });
  const best = findByGroups(graph, k * size, k, at(whole, asIndex(places)));
  const chosen = at(places, best.index);
  return {
    values: best.values,
    index: asIndex(chosen),
    places: (factor) => (factor === 1 ? chosen : graph.op('Mul', [chosen, graph.float32(factor)])),
  };
}

/** Fills rows up: below any logit of a model, and finite, since not every shader can be told an infinity. */
const LOWEST = -3.4e38;

/** From groups of so many values on, WebGPU's kernel that reduces gives each group a crew of its own. */
const LARGE_GROUP = 32;

/** The smallest group size whose maxima are sorted in one go; up to twice that where it makes all groups whole. */
function chooseGroupSize(rowLength: number): number {
  const smallest = Math.min(Math.ceil(rowLength / SORTED_AT_ONCE), LARGE_GROUP - 1);
  const largest = Math.min(2 * smallest, LARGE_GROUP - 1);
  for (let size = smallest; size <= largest; size++) if (rowLength % size === 0) return size;
  return smallest;
}

/** Integers below `limit` as floats, by a table: WebGPU can use int64 as an index but not convert it. */
export function asFloats(graph: Graph, indices: string, limit: number, factor = 1): string {
  const range = [graph.float32(0), graph.float32(limit * factor), graph.float32(factor)];
  const table = graph.constantOp(`places:${limit}:${factor}`, 'Range', range);
  return graph.op('Gather', [table, indices]);
}

export function padRows(graph: Graph, rows: string, nMissing: number, value: number): string {
  if (nMissing === 0) return rows;
  return graph.op('Pad', [rows, graph.int64([0, 0, 0, nMissing]), graph.float32(value)]);
}

/** The k highest along the last axis. */
function topK(graph: Graph, rows: string, k: number, order: 'sorted' | 'unsorted'): Highest {
  const sorted = order === 'sorted' ? 1 : 0;
  const [values, places] = graph.ops('TopK', [rows, graph.int64([k])], 2, { axis: -1, largest: 1, sorted });
  return { values: values!, places: places! };
}
