// Rotary positions as ONNX nodes. A value and its pair turn by an angle: x·cos + x'·sin, with x' the other of the
// pair and a minus before the sine of each pair's first. Values that are not rotated turn by nothing.

import { DATA_TYPE, type Graph } from '../onnx/onnx-graph.ts';
import type { DecoderSpec, Rotation } from './decoder-spec.ts';

/** Cosines and sines: how wide, and with which signs, is told where they are made. */
export interface Turn {
  readonly cosines: string;
  readonly sines: string;
}

/**
 * Float32 [positions, pairs] each, for positions of any integer type, [positions]. Angles are computed in the graph, where its
 * device has exact cosines of large angles.
 */
export function computeTurn(graph: Graph, { frequencies, factor }: Rotation, positions: string): Turn {
  const wide = graph.op('Cast', [positions], { to: DATA_TYPE.float32 });
  const column = graph.op('Unsqueeze', [wide, graph.int64([1])]);
  const angles = graph.op('Mul', [column, graph.float32(frequencies)]);
  const scaled = (values: string) =>
    factor === 1 ? values : graph.op('Mul', [values, graph.float32(factor)]);
  return { cosines: scaled(graph.op('Cos', [angles])), sines: scaled(graph.op('Sin', [angles])) };
}

/** `part` float32 [texts, positions, heads × head width], turned by the runtime's operator, by what `computeTurn` gives. */
export function turnComputed(
  graph: Graph,
  { frequencies, pairs }: Rotation,
  headWidth: number,
  { cosines, sines }: Turn,
  part: string,
  nHeads: number,
): string {
  const isPart = 2 * frequencies.length < headWidth;
  return graph.contribOp('RotaryEmbedding', [part, graph.int64([0]), cosines, sines], {
    interleaved: pairs === 'halves' ? 0 : 1,
    num_heads: nHeads,
    rotary_embedding_dim: isPart ? 2 * frequencies.length : 0,
  });
}

/**
 * [positions, 1, head width] each, with a minus before the sine of each pair's first. Angles of all positions are computed on
 * the processor when a session starts, and read at `positions`: a shader's cosine is exact near zero only.
 */
export function lookUpTurn(
  graph: Graph,
  spec: DecoderSpec,
  rotation: Rotation,
  positions: string,
  type: 'float32' | 'float16',
): Turn {
  const { headWidth } = spec.attention;
  const key = keyOf(rotation);
  let nOps = 0;
  const name = () => `${key}:table-${nOps++}`;
  const all = positionsUpTo(graph, spec.nPositions);
  const table = turnBy(graph, rotation, headWidth, all, type, (operator, inputs, attributes) =>
    graph.constantOp(name(), operator, inputs, attributes),
  );
  return {
    cosines: graph.op('Gather', [table.cosines, positions]),
    sines: graph.op('Gather', [table.sines, positions]),
  };
}

type AddNode = (
  operator: string,
  inputs: readonly string[],
  attributes?: Readonly<Record<string, number>>,
) => string;

function turnBy(
  graph: Graph,
  rotation: Rotation,
  headWidth: number,
  positions: string,
  type: 'float32' | 'float16',
  add: AddNode,
): Turn {
  const { frequencies, factor } = rotation;
  const pairs = pairsOf(rotation, headWidth);
  const perValue = graph.float32(pairs.map(({ pair }) => (pair === null ? 0 : frequencies[pair]!)));
  const column = add('Unsqueeze', [positions, graph.int64([1, 2])]);
  const angles = add('Mul', [column, perValue]);
  const signs = pairs.map(({ pair, isFirst }) => (pair === null ? 0 : isFirst ? -factor : factor));
  const sines = add('Mul', [add('Sin', [angles]), graph.float32(signs)]);
  let cosines = add('Cos', [angles]);
  if (factor !== 1) {
    cosines = add('Mul', [cosines, graph.float32(pairs.map(({ pair }) => (pair === null ? 1 : factor)))]);
  }
  if (type === 'float32') return { cosines, sines };
  const narrow = { to: DATA_TYPE[type] };
  return { cosines: add('Cast', [cosines], narrow), sines: add('Cast', [sines], narrow) };
}

/** `heads` [..., heads, head width], turned by what `lookUpTurn` gives. */
export function turnLookedUp(
  graph: Graph,
  rotation: Rotation,
  headWidth: number,
  { cosines, sines }: Turn,
  heads: string,
): string {
  const others = graph.int32(pairsOf(rotation, headWidth).map(({ other }) => other));
  const swapped = graph.op('Gather', [heads, others], { axis: -1 });
  return graph.op('Add', [graph.op('Mul', [heads, cosines]), graph.op('Mul', [swapped, sines])]);
}

/**
 * Cosines and sines of `nPositions` positions, [positions, pairs], as the runtime's own operators read them.
 */
export function rotationTables(
  graph: Graph,
  rotation: Rotation,
  nPositions: number,
  type: 'float32' | 'float16',
): readonly [cosines: string, sines: string] {
  const { frequencies, factor } = rotation;
  const key = `${keyOf(rotation)}:${nPositions}`;
  const column = graph.constantOp(`${key}:column`, 'Unsqueeze', [
    positionsUpTo(graph, nPositions),
    graph.int64([1]),
  ]);
  const angles = graph.constantOp(`${key}:angles`, 'Mul', [column, graph.float32(frequencies)]);
  const table = (operator: 'Cos' | 'Sin') => {
    const exact = graph.constantOp(`${key}:${operator}`, operator, [angles]);
    const scaled =
      factor === 1
        ? exact
        : graph.constantOp(`${key}:${operator}:scaled`, 'Mul', [exact, graph.float32(factor)]);
    return type === 'float32'
      ? scaled
      : graph.constantOp(`${key}:${operator}:${type}`, 'Cast', [scaled], { to: DATA_TYPE[type] });
  };
  return [table('Cos'), table('Sin')];
}

/** Float32 [positions]. */
function positionsUpTo(graph: Graph, nPositions: number): string {
  return graph.constantOp(`positions:${nPositions}`, 'Range', [
    graph.float32(0),
    graph.float32(nPositions),
    graph.float32(1),
  ]);
}

interface PairedValue {
  /** Null where the value is not rotated. */
  readonly pair: number | null;
  readonly isFirst: boolean;
  /** The place of the value that it turns with. */
  readonly other: number;
}

function pairsOf({ frequencies, pairs }: Rotation, headWidth: number): readonly PairedValue[] {
  const n = frequencies.length;
  return Array.from({ length: headWidth }, (_, at): PairedValue => {
    if (at >= 2 * n) return { pair: null, isFirst: false, other: at };
    if (pairs === 'halves') return { pair: at % n, isFirst: at < n, other: at < n ? at + n : at - n };
    const isFirst = at % 2 === 0;
    return { pair: at >> 1, isFirst, other: isFirst ? at + 1 : at - 1 };
  });
}

/** One name for equal rotations: layers share what is computed of them. */
export function keyOf({ pairs, factor, frequencies }: Rotation): string {
  return `rotation:${pairs}:${factor}:${frequencies.join()}`;
}
