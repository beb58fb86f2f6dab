// The k highest of each row and their places, highest first, by what each runtime's top-k is good at. Knows nothing
// of what the values mean.

import { DATA_TYPE, type Graph } from './onnx-graph.ts';

export interface Highest {
  /** float32 [rows, k]. */
  readonly values: string;
  /** [rows, k]: places in the row, int64 or, from `highestByParts`, float32. */
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

/** WebGPU's kernel sorts so many in one go; a longer row passes through memory a hundred times. */
export const SORTED_AT_ONCE = 2048;

/** Below anything that a model makes, and a number that every shader can be told. */
const LOWEST = -3.4e38;

/**
 * For WebGPU: the k highest of each part, then of what the parts gave, until one sort is enough. On a tie the lower
 * place comes first, as in one sort of all. Places are float32, each one exactly: WebGPU computes with no 64-bit
 * integers, and where it cannot, the runtime fetches the values and waits.
 */
export function highestByParts(graph: Graph, rowLength: number, k: number, rows: string): Highest {
  let [values, length] = [rows, rowLength];
  let places: string | null = null;
  while (length > SORTED_AT_ONCE && k * 4 <= SORTED_AT_ONCE) {
    const nParts = chooseParts(length);
    const partLength = Math.ceil(length / nParts);
    const whole = padRows(graph, values, nParts * partLength - length, LOWEST);
    const parts = graph.op('Reshape', [whole, graph.int64([-1, nParts, partLength])]);
    const found = topK(graph, parts, k, 'sorted');
    const starts = Array.from({ length: nParts }, (_, part) => part * partLength);
    const offsets = graph.op('Reshape', [graph.float32(starts), graph.int64([1, nParts, 1])]);
    length = nParts * k;
    const flat = graph.int64([-1, length]);
    const added = graph.op('Add', [asFloats(graph, found.places, partLength), offsets]);
    const inside = graph.op('Reshape', [added, flat]);
    places =
      places === null
        ? inside
        : graph.op('GatherElements', [places, graph.op('Cast', [inside], { to: DATA_TYPE.int32 })], {
            axis: 1,
          });
    values = graph.op('Reshape', [found.values, flat]);
  }
  const last = topK(graph, values, k, 'sorted');
  return {
    values: last.values,
    places:
      places === null
        ? asFloats(graph, last.places, length)
        : graph.op('GatherElements', [places, last.places], { axis: 1 }),
  };
}

/** The fewest parts that one sort each can do: a few more where those are of one length without padding. */
function chooseParts(length: number): number {
  const fewest = Math.ceil(length / SORTED_AT_ONCE);
  for (let n = fewest; n <= 2 * fewest; n++) if (length % n === 0) return n;
  return fewest;
}

/** Looked up, since only as indices are int64 at home on WebGPU. All must be below `limit`. */
export function asFloats(graph: Graph, indices: string, limit: number): string {
  const range = [graph.float32(0), graph.float32(limit), graph.float32(1)];
  return graph.op('Gather', [graph.constantOp(`places:${limit}`, 'Range', range), indices]);
}

export function padRows(graph: Graph, rows: string, nMissing: number, value: number): string {
  if (nMissing === 0) return rows;
  return graph.op('Pad', [rows, graph.int64([0, 0, 0, nMissing]), graph.float32(value)]);
}

/** Along the last axis. */
function topK(graph: Graph, rows: string, k: number, order: 'sorted' | 'unsorted'): Highest {
  const sorted = order === 'sorted' ? 1 : 0;
  const [values, places] = graph.ops('TopK', [rows, graph.int64([k])], 2, { axis: -1, largest: 1, sorted });
  return { values: values!, places: places! };
}
