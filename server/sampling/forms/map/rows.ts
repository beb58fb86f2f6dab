// The rows of a map's batch: tokens of a document of which some are wanted. Rows of a batch have one shape, so that none
// of them is padded.

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

/** Takes rows one by one and hands out batches of one shape. */
export class RowPacker {
  readonly #rowsOf: (shape: RowShape) => number;
  readonly #open = new Map<string, MapRow[]>();

  /** `rowsOf` says how many rows of a shape make a batch. */
  constructor(rowsOf: (shape: RowShape) => number) {
    this.#rowsOf = rowsOf;
  }

  /** The batch that the row makes full, if it makes one. */
  add(row: MapRow): readonly MapRow[] | undefined {
    const shape = { nTokens: row.tokens.length, nKnown: row.nKnown };
    const key = `${shape.nTokens}:${shape.nKnown}`;
    const rows = this.#open.get(key) ?? [];
    rows.push(row);
    if (rows.length < this.#rowsOf(shape)) {
      this.#open.set(key, rows);
      return undefined;
    }
    this.#open.delete(key);
    return rows;
  }

  /** What is left, in batches that are not full. */
  *rest(): Generator<readonly MapRow[], undefined> {
    yield* this.#open.values();
    this.#open.clear();
  }
}

export interface RowShape {
  readonly nTokens: number;
  readonly nKnown: number;
}
