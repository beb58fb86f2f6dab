// The tokens of a text that stand for text: where they begin in it, and how likely the model found them.

export interface SampleTokens {
  /** Bytes of text that each token stands for; 0 for the end token. */
  readonly nBytes: ArrayLike<number>;
  /** Nats, one a token; null where unknown. */
  readonly logprobs: ArrayLike<number> | null;
}

/** Byte offsets, ascending. */
export function tokenStarts(nBytes: ArrayLike<number>): Float64Array {
  const starts: number[] = [];
  let at = 0;
  for (let i = 0; i < nBytes.length; i++) {
    if (nBytes[i]! > 0) starts.push(at);
    at += nBytes[i]!;
  }
  return Float64Array.from(starts);
}

export const textLogprobs = (logprobs: ArrayLike<number>, nBytes: ArrayLike<number>): Float64Array =>
  Float64Array.from(Array.from(logprobs).filter((_, i) => nBytes[i]! > 0));

export function mean(values: Float64Array, from: number, to: number): number {
  let sum = 0;
  for (let i = from; i < to; i++) sum += values[i]!;
  return sum / (to - from);
}

/** The first index whose value is at least `least`. */
export function lowerBound(sorted: ArrayLike<number>, least: number): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (sorted[middle]! < least) low = middle + 1;
    else high = middle;
  }
  return low;
}
