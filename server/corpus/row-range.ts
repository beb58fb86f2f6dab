// Some rows of a shard: what is outside them is passed over unread where its format allows.

export interface RowRange {
  readonly fromRow: number;
  /** Behind the last one. */
  readonly toRow: number;
}

export const allRows: RowRange = { fromRow: 0, toRow: Number.POSITIVE_INFINITY };
