// What a model said of all rows of a batch, given back to each of them.

import { type DrawingRule, hasDrawn, isGreedy } from './drawing-rule.ts';
import type { MapRow, MapRowResult } from './rows.ts';

/** What the wanted tokens of all rows measure, one row after the other; `drawn` where the rule has one of its own. */
export interface Measured {
  readonly plain: Float32Array;
  readonly best: Uint8Array;
  readonly drawn?: Float32Array;
}

export function shareOut(
  measured: Measured,
  rule: DrawingRule,
  rows: readonly MapRow[],
): readonly MapRowResult[] {
  let end = 0;
  return rows.map(({ document, start, tokens, nKnown }) => {
    const from = end;
    end += tokens.length - nKnown;
    const plain = new Float32Array(measured.plain.subarray(from, end));
    const best = new Uint8Array(measured.best.subarray(from, end));
    return { document, start, plain, best, drawn: drawnOf(measured, rule, plain, best, from) };
  });
}

function drawnOf(
  { drawn }: Measured,
  rule: DrawingRule,
  plain: Float32Array<ArrayBuffer>,
  best: Uint8Array<ArrayBuffer>,
  from: number,
): Float32Array<ArrayBuffer> {
  if (hasDrawn(rule)) return new Float32Array(drawn!.subarray(from, from + plain.length));
  return isGreedy(rule) ? Float32Array.from(best, (isBest) => (isBest === 1 ? 0 : -Infinity)) : plain;
}
