// Cuts a document's tokens into the rows that a map reads: a row a window, or pieces as long as the context.

import { type WindowShape, windowStarts } from '../../../analysis/map-windows.ts';
import type { MapRow } from './rows.ts';

/** A row a window: its prefix is all that the model sees of the document, behind the beginning token if there is one. */
export function* cutExactly(
  document: number,
  tokens: Int32Array<ArrayBuffer>,
  shape: WindowShape,
  bosToken: number | null,
): Generator<MapRow> {
  const { prefix, suffix } = shape;
  const begin = bosToken === null ? [] : [bosToken];
  for (const start of windowStarts(tokens.length, shape)) {
    const row = new Int32Array(begin.length + prefix + suffix);
    row.set(begin);
    row.set(tokens.subarray(start, start + prefix + suffix), begin.length);
    yield { document, start: start + prefix, tokens: row, nKnown: begin.length + prefix };
  }
}

/**
 * Pieces as long as the context, each half over the one before, so that a token has at least half a context before it,
 * or all of its document. Of a document without a beginning token the first one is not measured.
 */
export function* cutRunning(
  document: number,
  tokens: Int32Array<ArrayBuffer>,
  bosToken: number | null,
  nPositions: number,
): Generator<MapRow> {
  const nBegin = bosToken === null ? 0 : 1;
  const all = new Int32Array(nBegin + tokens.length);
  if (bosToken !== null) all[0] = bosToken;
  all.set(tokens, nBegin);
  const nContext = Math.max(1, Math.floor(nPositions / 2));
  const nNew = nPositions + 1 - nContext;
  if (all.length < 2) return;
  const first = all.slice(0, nPositions + 1);
  yield { document, start: 1 - nBegin, tokens: first, nKnown: 1 };
  for (let next = first.length; next < all.length; next += nNew) {
    const piece = all.slice(next - nContext, next + nNew);
    yield { document, start: next - nBegin, tokens: piece, nKnown: nContext };
  }
}
