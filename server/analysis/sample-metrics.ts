// What one sample tells about itself: its lines and tokens, how many of them are memorised, and how likely
// the model found it. Made once, when the fragments are known; reports only add up and rank.

import type { MatchRule } from '../../protocol/study.ts';
import type { CoveredRange } from '../engine/detection.ts';
import { significantLineStarts } from './significant-lines.ts';

export interface SampleMetrics {
  readonly sampleId: number;
  /** Significant lines. */
  readonly nLines: number;
  readonly nMemorisedLines: number;
  /** Tokens that stand for text: the end token does not count. Null where the tokens are unknown. */
  readonly nTokens: number | null;
  /** Tokens that begin in a memorised part. */
  readonly nMemorisedTokens: number | null;
  /** Nats a token, over the tokens that stand for text; its exponential is the perplexity. */
  readonly meanNll: number | null;
  /** Mean of the perplexities of all windows of six lines in a row, blank ones too. */
  readonly windowedPerplexity: number | null;
}

export interface SampleTokens {
  /** Bytes of text that each token stands for; 0 for the end token. */
  readonly nBytes: ArrayLike<number>;
  /** Nats, one a token; null where unknown. */
  readonly logprobs: ArrayLike<number> | null;
}

/** Lines in a window of windowed perplexity, as published. */
export const WINDOW_LINES = 6;

export function measureSample(
  sample: { readonly sampleId: number; readonly text: Uint8Array; readonly tokens: SampleTokens | null },
  covered: readonly CoveredRange[],
  rule: MatchRule,
): SampleMetrics {
  const { sampleId, text, tokens } = sample;
  const lines = significantLineStarts(text, rule.profile);
  const nMemorisedLines = covered.reduce((sum, range) => sum + range.nLines, 0);
  const lineCounts = { sampleId, nLines: lines.length, nMemorisedLines };
  if (!tokens) {
    return { ...lineCounts, nTokens: null, nMemorisedTokens: null, meanNll: null, windowedPerplexity: null };
  }
  const starts = tokenStarts(tokens.nBytes);
  const logprobs = tokens.logprobs && textLogprobs(tokens.logprobs, tokens.nBytes);
  return {
    ...lineCounts,
    nTokens: starts.length,
    nMemorisedTokens: covered.reduce(
      (sum, { byteOffset, nBytes }) =>
        sum + lowerBound(starts, byteOffset + nBytes) - lowerBound(starts, byteOffset),
      0,
    ),
    meanNll: logprobs && logprobs.length > 0 ? -mean(logprobs, 0, logprobs.length) : null,
    windowedPerplexity: logprobs && windowedPerplexity(logprobs, starts, lineStarts(text)),
  };
}

/**
 * Windows are moved on by one line; a text of fewer lines is one window. A token belongs to the line in which
 * it begins, and a window without a token is left out. The same as the scorer's, from byte lengths instead of
 * bytes.
 */
function windowedPerplexity(
  logprobs: Float64Array,
  starts: Float64Array,
  lines: readonly number[],
): number | null {
  const firstTokens = lines.map((start) => lowerBound(starts, start));
  firstTokens.push(starts.length);
  let sum = 0;
  let nWindows = 0;
  for (let first = 0; first === 0 || first + WINDOW_LINES <= lines.length; first++) {
    const from = firstTokens[first]!;
    const to = firstTokens[Math.min(first + WINDOW_LINES, lines.length)]!;
    if (to <= from) continue;
    sum += Math.exp(-mean(logprobs, from, to));
    nWindows++;
  }
  return nWindows === 0 ? null : sum / nWindows;
}

/** Lines end at LF, and all count; what follows the last LF is a line only if there is something. */
function lineStarts(text: Uint8Array): readonly number[] {
  const starts = [0];
  for (let lf = text.indexOf(LF); lf >= 0 && lf + 1 < text.length; lf = text.indexOf(LF, lf + 1)) {
    starts.push(lf + 1);
  }
  return starts;
}

const LF = 0x0a;

/** Where each token that stands for text begins, ascending. */
function tokenStarts(nBytes: ArrayLike<number>): Float64Array {
  const starts: number[] = [];
  let at = 0;
  for (let i = 0; i < nBytes.length; i++) {
    if (nBytes[i]! > 0) starts.push(at);
    at += nBytes[i]!;
  }
  return Float64Array.from(starts);
}

const textLogprobs = (logprobs: ArrayLike<number>, nBytes: ArrayLike<number>) =>
  Float64Array.from(Array.from(logprobs).filter((_, i) => nBytes[i]! > 0));

function mean(values: Float64Array, from: number, to: number): number {
  let sum = 0;
  for (let i = from; i < to; i++) sum += values[i]!;
  return sum / (to - from);
}

/** The first index whose value is at least `least`. */
function lowerBound(sorted: Float64Array, least: number): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (sorted[middle]! < least) low = middle + 1;
    else high = middle;
  }
  return low;
}
