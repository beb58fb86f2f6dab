// Reads one batch of a map's rows. Knows the map graph's inputs and outputs alone.

import { Tensor } from 'onnxruntime-node';
import type { DecoderModel } from '../../decoder/decoder-model.ts';
import { openSession, type SessionSettings } from '../../onnx/session.ts';
import { type DrawingRule, isGreedy } from './drawing-rule.ts';
import { buildMapGraph } from './map-graph.ts';
import { hasDrawn } from './measure-targets.ts';
import type { MapRow, MapRowResult } from './rows.ts';

/** What the wanted tokens of all rows measure, one row after the other; `drawn` where the graph gives it. */
export interface Measured {
  readonly plain: Float32Array;
  readonly best: Uint8Array;
  readonly drawn?: Float32Array;
}

/** `tokens` are int32 [rows, positions], `targets` [rows, wanted]. */
export type MeasureTokens = (tokens: Tensor, targets: Tensor) => Promise<Measured>;

export async function openMapper(
  model: DecoderModel,
  rule: DrawingRule,
  settings: SessionSettings,
): Promise<MeasureTokens> {
  const session = await openSession(buildMapGraph(model, rule), settings);
  return async (tokens, targets) => {
    const { plain, best, drawn } = await session.run({ tokens, targets });
    return {
      plain: plain!.data as Float32Array,
      best: best!.data as Uint8Array,
      ...(drawn && { drawn: drawn.data as Float32Array }),
    };
  };
}

/** The rows have one shape. */
export async function mapBatch(
  measure: MeasureTokens,
  rule: DrawingRule,
  rows: readonly MapRow[],
): Promise<readonly MapRowResult[]> {
  const { tokens: first, nKnown } = rows[0]!;
  const nPositions = first.length - 1;
  const nWanted = first.length - nKnown;
  const tokens = new Int32Array(rows.length * nPositions);
  const targets = new Int32Array(rows.length * nWanted);
  for (const [at, row] of rows.entries()) {
    tokens.set(row.tokens.subarray(0, -1), at * nPositions);
    targets.set(row.tokens.subarray(nKnown), at * nWanted);
  }
  const measured = await measure(
    new Tensor('int32', tokens, [rows.length, nPositions]),
    new Tensor('int32', targets, [rows.length, nWanted]),
  );
  return rows.map(({ document, start }, at) => {
    const part = <T extends Float32Array | Uint8Array>(all: T) =>
      all.slice(at * nWanted, (at + 1) * nWanted) as T & { readonly buffer: ArrayBuffer };
    const plain = part(measured.plain) as Float32Array<ArrayBuffer>;
    const best = part(measured.best) as Uint8Array<ArrayBuffer>;
    return { document, start, plain, best, drawn: drawnOf(measured, rule, plain, best, part) };
  });
}

function drawnOf(
  { drawn }: Measured,
  rule: DrawingRule,
  plain: Float32Array<ArrayBuffer>,
  best: Uint8Array<ArrayBuffer>,
  part: (all: Float32Array) => Float32Array,
): Float32Array<ArrayBuffer> {
  if (hasDrawn(rule)) return part(drawn!) as Float32Array<ArrayBuffer>;
  return isGreedy(rule) ? Float32Array.from(best, (isBest) => (isBest === 1 ? 0 : -Infinity)) : plain;
}
