// Puts a map's rows together into batches, so that no row is padding.

import type { MapRow, RowShape } from './rows.ts';

/** Takes rows one by one and hands out batches. */
export interface RowPacker {
  /** The batch that is full now, if one is. */
  add(row: MapRow): readonly MapRow[] | undefined;
  /** What is left, in batches that are not full. */
  rest(): Generator<readonly MapRow[], undefined>;
}

/** For graphs: the rows of a batch have one shape. */
export class ShapePacker implements RowPacker {
  readonly #rowsOf: (shape: RowShape) => number;
  readonly #open = new Map<string, MapRow[]>();

  /** `rowsOf` says how many rows of a shape make a batch. */
  constructor(rowsOf: (shape: RowShape) => number) {
    this.#rowsOf = rowsOf;
  }

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

  *rest(): Generator<readonly MapRow[], undefined> {
    yield* this.#open.values();
    this.#open.clear();
  }
}

/** For streams: rows of any shape, as many as there is room for. */
export class StreamPacker implements RowPacker {
  readonly #nPositions: number;
  #rows: MapRow[] = [];
  #nTaken = 0;

  /** `nPositions` is the length of a stream; a row takes one position less than it has tokens. */
  constructor(nPositions: number) {
    this.#nPositions = nPositions;
  }

  add(row: MapRow): readonly MapRow[] | undefined {
    const n = row.tokens.length - 1;
    const isFull = this.#nTaken + n > this.#nPositions && this.#rows.length > 0;
    const full = isFull ? this.#rows : undefined;
    if (isFull) {
      this.#rows = [];
      this.#nTaken = 0;
    }
    this.#rows.push(row);
    this.#nTaken += n;
    return full;
  }

  *rest(): Generator<readonly MapRow[], undefined> {
    if (this.#rows.length > 0) yield this.#rows;
    this.#rows = [];
    this.#nTaken = 0;
  }
}
