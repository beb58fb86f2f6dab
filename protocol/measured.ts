// Numbers that reports and dashboards share.

/** With its 95 % interval. */
export interface Measured {
  readonly value: number;
  readonly low: number;
  readonly high: number;
}

/** The first of a list that may be long. */
export interface Kept<T> {
  readonly items: readonly T[];
  readonly total: number;
}
