// Work that takes seconds, in steps that take well under one: whoever drives it may report, let others run or
// stop between two of them. The engine itself knows neither clocks nor signals.

/** Yields after each step; returns the outcome. */
export type Steps<T> = Generator<void, T, void>;

/** All steps at once. */
export function finish<T>(steps: Steps<T>): T {
  for (;;) {
    const { done, value } = steps.next();
    if (done) return value;
  }
}
