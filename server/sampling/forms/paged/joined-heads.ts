// A model's narrow heads laid side by side in the cache, as wide as the runtime's fastest kernel reads them: XQA,
// which fetches each key and value once for six queries of 256 values. A head's query has zeros where its neighbours'
// keys lie, so its scores are what they were; of what it attends to only its own values are taken. Nodes on either
// side of an attention of any kind: which one stands between is the caller's business.

import { type Heads, takeApart } from '../../decoder/attention-heads.ts';
import type { Precision } from '../../decoder/decoder-model.ts';
import type { AttentionShape } from '../../decoder/decoder-spec.ts';
import { DATA_TYPE, type Graph } from '../../onnx/onnx-graph.ts';

/** What XQA is compiled for where keys and values are not rounded to fewer bits. */
export const JOINED_WIDTH = 256;
export const N_QUERIES = 6;

export interface JoinedHeads {
  /** Heads of the cache, `JOINED_WIDTH` values each. */
  readonly nJoined: number;
  /** Heads of the model in each; the last may have fewer. */
  readonly nInside: number;
}

/** More of the cache than this, in zeros, would cost what the kernel gains. */
const MAX_GROWTH = 1.5;

type Shape = Pick<AttentionShape, 'nHeads' | 'nKeyHeads' | 'headWidth'>;

/**
 * Null where heads are too wide for two to lie side by side, or too few or narrow to fill what they lie in. Key heads
 * that serve several queries each have what joining gives: they are read once for all of them.
 */
export function joinHeads({ nHeads, nKeyHeads, headWidth }: Shape): JoinedHeads | null {
  if (nHeads !== nKeyHeads) return null;
  const nInside = Math.min(N_QUERIES, nHeads, Math.floor(JOINED_WIDTH / headWidth));
  const nJoined = Math.ceil(nHeads / nInside);
  const isFilled = nJoined * JOINED_WIDTH <= MAX_GROWTH * nHeads * headWidth;
  return nInside >= 2 && isFilled ? { nInside, nJoined } : null;
}

export interface JoinedInputs {
  /** [batch, joined heads × queries × joined width]: one query for each head inside; those left over are zeros. */
  readonly query: string;
  /** Both [batch, joined heads × joined width], zeros where no head lies. */
  readonly key: string;
  readonly value: string;
}

/** Joins the heads of queries, keys and values that have one row a sample. */
export function joinInputs(
  graph: Graph,
  shape: Shape,
  { nJoined, nInside }: JoinedHeads,
  heads: Heads,
  precision: Precision,
): JoinedInputs {
  const { nHeads, headWidth } = shape;
  const used = nInside * headWidth;
  const missing = (nJoined * nInside - nHeads) * headWidth;
  const fill = (part: string) => {
    const whole = missing === 0 ? part : graph.op('Pad', [part, graph.int64([0, 0, 0, missing])]);
    if (used === JOINED_WIDTH) return whole;
    const joined = graph.op('Reshape', [whole, graph.int64([-1, nJoined, used])]);
    const padded = graph.op('Pad', [joined, graph.int64([0, 0, 0, 0, 0, JOINED_WIDTH - used])]);
    return graph.op('Reshape', [padded, graph.int64([-1, nJoined * JOINED_WIDTH])]);
  };
  const parts = takeApart(graph, shape, heads, 1);
  const [query, key, value] = [fill(parts.query), fill(parts.key), fill(parts.value)];
  const apart = graph.op('Reshape', [query, graph.int64([-1, nJoined, 1, JOINED_WIDTH])]);
  const own = graph.constantOp('own-values', 'Cast', [graph.float32(ownValues(headWidth, nInside))], {
    to: DATA_TYPE[precision],
  });
  const places = graph.constantOp('own-places', 'Reshape', [
    own,
    graph.int64([1, 1, N_QUERIES, JOINED_WIDTH]),
  ]);
  const queries = graph.op('Mul', [apart, places]);
  return {
    query: graph.op('Reshape', [queries, graph.int64([-1, nJoined * N_QUERIES * JOINED_WIDTH])]),
    key,
    value,
  };
}

/** [batch, width] of what the queries attended to, [batch, joined heads × queries × joined width]. */
export function takeOwnValues(
  graph: Graph,
  { nHeads, headWidth }: Shape,
  { nJoined, nInside }: JoinedHeads,
  attended: string,
): string {
  const used = nInside * headWidth;
  const nQueries = nJoined * N_QUERIES;
  const trim = () => {
    const wide = graph.op('Reshape', [attended, graph.int64([-1, nQueries, JOINED_WIDTH])]);
    return graph.op('Slice', [wide, graph.int64([0]), graph.int64([used]), graph.int64([2])]);
  };
  const filled = used === JOINED_WIDTH ? attended : trim();
  const parts = graph.op('Reshape', [filled, graph.int64([-1, nQueries * nInside, headWidth])]);
  const places = Array.from({ length: nHeads }, (_, head) => {
    const [joined, inside] = [Math.floor(head / nInside), head % nInside];
    return (joined * N_QUERIES + inside) * nInside + inside;
  });
  const own = graph.op('Gather', [parts, graph.int64(places)], { axis: 1 });
  return graph.op('Reshape', [own, graph.int64([-1, nHeads * headWidth])]);
}

/** 1 where a query's own head lies, 0 elsewhere; query after query. */
const ownValues = (headWidth: number, nInside: number) =>
  Array.from({ length: N_QUERIES * JOINED_WIDTH }, (_, at) => {
    const query = Math.floor(at / JOINED_WIDTH);
    return query < nInside && Math.floor((at % JOINED_WIDTH) / headWidth) === query ? 1 : 0;
  });
