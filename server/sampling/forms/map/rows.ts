// The rows that a map reads: tokens of a document of which some are wanted.

/** Consecutive tokens of a document. Log-probabilities are wanted from `nKnown` on; what is before is context. */
export interface MapRow {
  /** Whatever the caller tells documents apart by. */
  readonly document: number;
  /** The place in the document of the first wanted token. */
  readonly start: number;
  /** At most a context's worth and one. */
  readonly tokens: Int32Array<ArrayBuffer>;
  /** At least 1: nothing can be said about a token without one before it. */
  readonly nKnown: number;
}

/** What a map keeps of the wanted tokens of a row, one value a token. */
export interface MapRowResult {
  readonly document: number;
  readonly start: number;
  /** Natural logarithm of the probability under the rule; minus infinity for a token that it never draws. */
  readonly drawn: Float32Array<ArrayBuffer>;
  /** Natural logarithm of the probability under the untruncated softmax at temperature 1. */
  readonly plain: Float32Array<ArrayBuffer>;
  /** 1 where the token is the likeliest. */
  readonly best: Uint8Array<ArrayBuffer>;
}

export interface RowShape {
  readonly nTokens: number;
  readonly nKnown: number;
}
