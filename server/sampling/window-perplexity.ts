// The published study's average perplexity: the mean over all windows of six consecutive lines of a text.

import type { TokenBytes } from './token-bytes.ts';

export const WINDOW_LINES = 6;

/**
 * Lines end at LF and all count, blank ones too. A token belongs to the line that it starts in, so a window
 * without a token of its own is left out. A text of fewer lines is one window. Null for no tokens.
 */
export function windowPerplexity(
  tokens: ArrayLike<number>,
  logprobs: ArrayLike<number>,
  table: TokenBytes,
): number | null {
  const lines = sumByLine(tokens, logprobs, table);
  const nWindows = Math.max(1, lines.length - WINDOW_LINES + 1);
  let sum = 0;
  let nCounted = 0;
  for (let first = 0; first < nWindows; first++) {
    let logprob = 0;
    let nTokens = 0;
    for (const line of lines.slice(first, first + WINDOW_LINES)) {
      logprob += line.logprob;
      nTokens += line.nTokens;
    }
    if (nTokens === 0) continue;
    sum += Math.exp(-logprob / nTokens);
    nCounted++;
  }
  return nCounted === 0 ? null : sum / nCounted;
}

interface Line {
  logprob: number;
  nTokens: number;
}

function sumByLine(tokens: ArrayLike<number>, logprobs: ArrayLike<number>, table: TokenBytes): Line[] {
  const lines: Line[] = [{ logprob: 0, nTokens: 0 }];
  let hasEnded = false;
  const startLine = () => {
    if (hasEnded) lines.push({ logprob: 0, nTokens: 0 });
    hasEnded = false;
  };
  for (let i = 0; i < tokens.length; i++) {
    startLine();
    const line = lines.at(-1)!;
    line.logprob += logprobs[i]!;
    line.nTokens++;
    for (const byte of table[tokens[i]!] ?? []) {
      startLine();
      hasEnded = byte === LF;
    }
  }
  return lines;
}

const LF = 0x0a;
