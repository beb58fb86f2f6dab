// Reads one batch of a map's rows. Knows the map graph's inputs and outputs alone.

import { Tensor } from 'onnxruntime-node';
import type { DecoderModel } from '../../decoder/decoder-model.ts';
import { openSession, type SessionSettings } from '../../onnx/session.ts';
import type { DrawingRule } from './drawing-rule.ts';
import { buildMapGraph } from './map-graph.ts';
import { CUT_OFF } from './measure-on-device.ts';
import { type Measured, shareOut } from './measured.ts';
import type { MapRow, MapRowResult } from './rows.ts';

/** `tokens` are int32 [rows, positions], `targets` [rows, wanted]. */
export type MeasureTokens = (tokens: Tensor, targets: Tensor) => Promise<Measured>;

export async function openMapper(
  model: DecoderModel,
  rule: DrawingRule,
  settings: SessionSettings,
): Promise<MeasureTokens> {
  const runsOn = settings.provider === 'cpu' ? 'processor' : 'device';
  const session = await openSession(buildMapGraph(model, rule, runsOn), settings);
  return async (tokens, targets) => {
    const { plain, best, drawn } = await session.run({ tokens, targets });
    return {
      plain: plain!.data as Float32Array,
      best: best!.data as Uint8Array,
      ...(drawn && { drawn: withInfinities(drawn.data as Float32Array) }),
    };
  };
}

const withInfinities = (drawn: Float32Array): Float32Array =>
  drawn.map((value) => (value <= CUT_OFF ? -Infinity : value));

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
  return shareOut(measured, rule, rows);
}
