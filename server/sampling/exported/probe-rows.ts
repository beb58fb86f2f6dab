// Whether the rows of a batch influence each other in a graph that was made elsewhere, as they do where activations are rounded to
// 8 bits on a scale of the whole batch's. Samples of such a graph would depend on what else is made at the same time.

import type { ModelLimits } from '../decoder/decoder-spec.ts';
import type { ExportedDecoder } from './exported-decoder.ts';
import { buildFeeds, emptyPast, nextPast } from './exported-feeds.ts';
import type { ForeignSession } from './foreign-session.ts';

const N_ROWS = 4;
const N_STEPS = 3;
/** Rows that are read once more by themselves. */
const ALONE = [0, 2];
/** Differences of kernels for one row and for several, in parts of the logits' size; in 16 bits they round visibly. */
const MOST_ROUNDING = { float32: 1e-3, float16: 5e-3 } as const;

/** Reads rows of different tokens together, and some of them alone. */
export async function areRowsIndependent(
  decoder: ExportedDecoder,
  { vocabularySize }: ModelLimits,
  session: ForeignSession,
): Promise<boolean> {
  const read = (rows: readonly number[]) => readRows(decoder, session, vocabularySize, rows);
  const among = await read(Array.from({ length: N_ROWS }, (_, row) => row));
  for (const row of ALONE) {
    const alone = await read([row]);
    for (const [step, logits] of alone.entries()) {
      const same = among[step]!.subarray(row * logits.length, (row + 1) * logits.length);
      const size = logits.reduce((most, x) => Math.max(most, Math.abs(x)), 0);
      const most = MOST_ROUNDING[decoder.logitsType] * size;
      if (!logits.every((x, i) => Math.abs(x - same[i]!) <= most)) return false;
    }
  }
  return true;
}

/** The logits of every step, [rows, vocabulary]. A graph without a past reads one position. */
async function readRows(
  decoder: ExportedDecoder,
  session: ForeignSession,
  vocabularySize: number,
  rows: readonly number[],
): Promise<readonly Float32Array[]> {
  const steps: Float32Array[] = [];
  let past = emptyPast(decoder, rows.length);
  for (let step = 0; step < (decoder.past.length === 0 ? 1 : N_STEPS); step++) {
    const tokens = rows.map((row) => (SPREAD * (row * N_STEPS + step + 1)) % vocabularySize);
    const outputs = await session.run(buildFeeds(decoder, past, step, tokens, rows.length));
    // Kept apart from the runtime's memory, which the next run may use.
    steps.push(Float32Array.from(outputs.logits!.data as Float32Array, Number));
    past = nextPast(decoder, outputs);
  }
  return steps;
}

/** A prime, so that a vocabulary's tokens are taken from all over it. */
const SPREAD = 7919;
