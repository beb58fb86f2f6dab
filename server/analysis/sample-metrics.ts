// What one sample tells about itself: its lines and tokens, how many of them are memorised, and how likely
// the model found it. Made once, when the fragments are known; reports only add up and rank.

import type { MatchRule } from '../../protocol/study.ts';
import type { CoveredRange } from '../engine/detection.ts';
import { countSignificantLines } from './significant-lines.ts';
import { lowerBound, mean, type SampleTokens, textLogprobs, tokenStarts } from './text-tokens.ts';
import { windowedPerplexity } from './windowed-perplexity.ts';

export interface SampleMetrics {
  readonly sampleId: number;
  /** Significant lines. */
  readonly nLines: number;
  readonly nMemorisedLines: number;
  /** Runs of significant lines that are as long as the rule wants, each of which may overlap with the next. */
  readonly nWindows: number;
  /** Windows that stand in the corpus. Null where whoever found the memorised parts did not count them. */
  readonly nMemorisedWindows: number | null;
  /** Tokens that stand for text: the end token does not count. Null where the tokens are unknown. */
  readonly nTokens: number | null;
  /** Tokens that begin in a memorised part. */
  readonly nMemorisedTokens: number | null;
  /** Nats a token, over the tokens that stand for text; its exponential is the perplexity. */
  readonly meanNll: number | null;
  /** Mean of the perplexities of all windows of six lines in a row, blank ones too. */
  readonly windowedPerplexity: number | null;
}

export function measureSample(
  sample: { readonly sampleId: number; readonly text: Uint8Array; readonly tokens: SampleTokens | null },
  covered: readonly CoveredRange[],
  rule: MatchRule,
  nLines = countSignificantLines(sample.text, rule.profile),
): SampleMetrics {
  const { sampleId, text, tokens } = sample;
  const nMemorisedLines = covered.reduce((sum, range) => sum + range.nLines, 0);
  const lineCounts = {
    ...{ sampleId, nLines, nMemorisedLines },
    nWindows: Math.max(0, nLines - rule.minLines + 1),
    nMemorisedWindows: sumOrNull(covered.map(({ nWindows }) => nWindows)),
  };
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
    windowedPerplexity: logprobs && windowedPerplexity(text, starts, logprobs),
  };
}

/** Null where one of them is. */
const sumOrNull = (numbers: readonly (number | null)[]): number | null =>
  numbers.reduce((sum, n) => (sum === null || n === null ? null : sum + n), 0);
