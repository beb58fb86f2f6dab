// The places of an extraction map’s windows in a document.

/** Places of a map's windows in a document. */
export interface WindowShape {
  /** Tokens that the model is given. */
  readonly prefix: number;
  /** Tokens that it is asked for. */
  readonly suffix: number;
  /** Tokens from a window's start to the next one's. */
  readonly stride: number;
  /** The edge of the document that windows are counted from: the first one begins there, or the last one ends. */
  readonly anchor: 'start' | 'end';
}

/** How many windows a document of so many tokens has. */
export function countWindows(
  nTokens: number,
  { prefix, suffix, stride }: Omit<WindowShape, 'anchor'>,
): number {
  const spare = nTokens - prefix - suffix;
  return spare < 0 ? 0 : Math.floor(spare / stride) + 1;
}

/** The beginnings of the windows, in tokens of the document. */
export function windowStarts(nTokens: number, shape: WindowShape): readonly number[] {
  const { prefix, suffix, stride, anchor } = shape;
  const first = anchor === 'start' ? 0 : (nTokens - prefix - suffix) % stride;
  return Array.from({ length: countWindows(nTokens, shape) }, (_, window) => first + window * stride);
}
