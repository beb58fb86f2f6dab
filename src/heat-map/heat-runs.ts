// From tokens or windows to what is painted: pieces of a text that touch and look alike are one piece. Pure.

import type { HeatSpan, HeatWindow } from '../../protocol/extraction-map.ts';
import { type Heat, heatOf } from './heat-scale.ts';

export interface HeatRun {
  readonly start: number;
  readonly end: number;
  readonly heat: Heat;
}

/** `spans` are in order and do not overlap. */
export function heatRuns(spans: readonly HeatSpan[]): readonly HeatRun[] {
  const runs: { start: number; end: number; heat: Heat }[] = [];
  for (const { start, end, logp } of spans) {
    if (end <= start) continue;
    const heat = heatOf(logp);
    const last = runs.at(-1);
    if (last?.heat === heat && last.end === start) last.end = end;
    else runs.push({ start, end, heat });
  }
  return runs;
}

/** Windows as spans that do not overlap, each up to the next one, with the mean of its tokens. */
export const windowSpans = (windows: readonly HeatWindow[]): readonly HeatSpan[] =>
  windows.map(({ start, end, logp, nTokens }, i) => ({
    start,
    end: Math.min(end, windows[i + 1]?.start ?? end),
    logp: logp === null ? null : logp / nTokens,
  }));

/** Tokens, and behind the last one that was measured the windows. */
export const tokensThenWindows = (
  tokens: readonly HeatSpan[],
  windows: readonly HeatWindow[],
): readonly HeatSpan[] => {
  const end = tokens.at(-1)?.end ?? 0;
  return [...tokens, ...windowSpans(windows).filter(({ start }) => start >= end)];
};

/** The last span that holds a place: `spans` are in order of their start. */
export function spanAt<Span extends { readonly start: number; readonly end: number }>(
  spans: readonly Span[],
  place: number,
): Span | undefined {
  let [low, high] = [0, spans.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (spans[middle]!.start <= place) low = middle + 1;
    else high = middle;
  }
  const span = spans[low - 1];
  return span !== undefined && place < span.end ? span : undefined;
}
