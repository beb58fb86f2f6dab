// The published study's average perplexity: the mean over all windows of six lines in a row, blank ones too.

import { lowerBound, mean } from './text-tokens.ts';

/** Lines of a window in the published study. */
const WINDOW_LINES = 6;

/**
 * Windows are moved on by one line; a text of fewer lines is one window. A token belongs to the line in which it
 * begins, and a window without a token is left out. `starts` and `logprobs` are those of the tokens that stand
 * for text (text-tokens.ts), in bytes and nats. Null without tokens.
 */
export function windowedPerplexity(
  text: Uint8Array,
  starts: Float64Array,
  logprobs: Float64Array,
): number | null {
  const lines = lineStarts(text);
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
