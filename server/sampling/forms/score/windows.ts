// Cuts texts into windows that fit a model's context, and groups windows into batches.

import { type ModelLimits, NO_END } from '../../decoder/decoder-spec.ts';

/** Consecutive tokens of a text: log-probabilities are wanted from `nKnown` on, what is before is context. */
export interface WindowRequest {
  readonly text: number;
  /** The place in the text of the first wanted token. */
  readonly start: number;
  /** At most a context's worth and one. */
  readonly tokens: readonly number[];
  /** At least 1: nothing can be said about a token without one before it. */
  readonly nKnown: number;
}

/**
 * The first window starts with the BOS token. Further ones move on by half a context, so that every
 * token but the first few is seen after at least half a context.
 */
export function cutWindows(
  text: number,
  tokens: readonly number[],
  { bosToken, ...limits }: Pick<ModelLimits, 'bosToken' | 'nPositions'>,
): readonly WindowRequest[] {
  const nPositions = positionsAtOnce(limits);
  if (tokens.length === 0) return [];
  const first = { text, start: 0, tokens: [bosToken, ...tokens.slice(0, nPositions)], nKnown: 1 };
  const windows: WindowRequest[] = [first];
  const nContext = Math.max(1, Math.floor(nPositions / 2));
  const nNew = nPositions + 1 - nContext;
  for (let start = nPositions; start < tokens.length; start += nNew) {
    const window = tokens.slice(start - nContext, start + nNew);
    windows.push({ text, start, tokens: window, nKnown: nContext });
  }
  return windows;
}

/** Work and memory grow with the square of a window. */
const LONGEST_OF_NO_END = 8192;

/** Positions that a model reads at once: its context, where that has an end. */
export const positionsAtOnce = ({ nPositions }: Pick<ModelLimits, 'nPositions'>): number =>
  nPositions === NO_END ? LONGEST_OF_NO_END : nPositions;

/**
 * Batches of windows of similar lengths. A batch has at most `maxPositions` positions with its padding, but never less
 * than one window.
 */
export function* batchByLength(
  windows: readonly WindowRequest[],
  maxPositions: number,
): Generator<readonly WindowRequest[], undefined> {
  const sorted = [...windows].sort((a, b) => b.tokens.length - a.tokens.length);
  for (let at = 0; at < sorted.length; ) {
    const nRows = Math.max(1, Math.floor(maxPositions / (sorted[at]!.tokens.length - 1)));
    yield sorted.slice(at, at + nRows);
    at += nRows;
  }
}
