// An estimate with its interval, and the intervals of a proportion and of the difference of two.

import { normalQuantile } from './distributions.ts';

export interface Interval {
  readonly low: number;
  readonly high: number;
}

export interface Estimate extends Interval {
  readonly value: number;
}

/** All intervals are at this level. */
export const CONFIDENCE = 0.95;
export const Z = normalQuantile(1 - (1 - CONFIDENCE) / 2);

/** Wilson's score interval (Wilson 1927), which holds also for few successes. */
export function wilson(successes: number, total: number): Estimate {
  if (total === 0) return { value: Number.NaN, low: 0, high: 1 };
  const p = successes / total;
  const z2 = Z * Z;
  const centre = (p + z2 / (2 * total)) / (1 + z2 / total);
  const half = (Z / (1 + z2 / total)) * Math.sqrt((p * (1 - p)) / total + z2 / (4 * total * total));
  return { value: p, low: Math.max(0, centre - half), high: Math.min(1, centre + half) };
}

/** Difference a − b of two independent proportions: Newcombe's hybrid score interval (1998, method 10). */
export function differenceOfProportions(a: Estimate, b: Estimate): Estimate {
  const value = a.value - b.value;
  return {
    value,
    low: value - Math.hypot(a.value - a.low, b.high - b.value),
    high: value + Math.hypot(a.high - a.value, b.value - b.low),
  };
}
