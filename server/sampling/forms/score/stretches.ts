// Cuts texts into stretches that fit a model's context, and groups stretches into batches.

import type { ModelLimits } from '../../decoder/decoder-spec.ts';
import type { StretchRequest } from './score-batch.ts';

/**
 * The first stretch begins with the beginning token. Further ones move on by half a context, so that every
 * token but the first few is seen after at least half a context.
 */
export function cutStretches(
  text: number,
  tokens: readonly number[],
  { bosToken, nPositions }: Pick<ModelLimits, 'bosToken' | 'nPositions'>,
): readonly StretchRequest[] {
  if (tokens.length === 0) return [];
  const first = { text, start: 0, tokens: [bosToken, ...tokens.slice(0, nPositions)], nKnown: 1 };
  const stretches: StretchRequest[] = [first];
  const nContext = Math.max(1, Math.floor(nPositions / 2));
  const nNew = nPositions + 1 - nContext;
  for (let start = nPositions; start < tokens.length; start += nNew) {
    const stretch = tokens.slice(start - nContext, start + nNew);
    stretches.push({ text, start, tokens: stretch, nKnown: nContext });
  }
  return stretches;
}

/** Batches of similar lengths whose padded size stays within a number of positions, where one alone does. */
export function* batchByLength(
  stretches: readonly StretchRequest[],
  maxPositions: number,
): Generator<readonly StretchRequest[], undefined> {
  const sorted = [...stretches].sort((a, b) => b.tokens.length - a.tokens.length);
  for (let at = 0; at < sorted.length; ) {
    const nRows = Math.max(1, Math.floor(maxPositions / (sorted[at]!.tokens.length - 1)));
    yield sorted.slice(at, at + nRows);
    at += nRows;
  }
}
