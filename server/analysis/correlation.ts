// How closely the occurrences in the corpus and in the samples go together.

import { studentTwoSided } from './distributions.ts';
import { type Estimate, Z } from './intervals.ts';

export interface Correlation extends Estimate {
  /** Two-sided, by Student's t with n − 2 degrees of freedom. */
  readonly pValue: number;
  readonly n: number;
}

/** Pearson's r with Fisher's interval. Undefined for fewer than four pairs or a constant side. */
export function pearson(x: ArrayLike<number>, y: ArrayLike<number>): Correlation | undefined {
  return withInterval(productMoment(x, y), x.length, 1);
}

/**
 * Spearman's ρ: Pearson's r of the ranks, ties at their mean. The interval widens Fisher's by 1 + ρ²/2
 * (Bonett and Wright 2000).
 */
export function spearman(x: ArrayLike<number>, y: ArrayLike<number>): Correlation | undefined {
  const rho = productMoment(ranks(x), ranks(y));
  return withInterval(rho, x.length, rho === undefined ? 1 : 1 + (rho * rho) / 2);
}

/** Ranks from 1, each tie at the mean of the ranks that it takes up. */
export function ranks(values: ArrayLike<number>): Float64Array {
  // Counts of millions have few different values: those are sorted as numbers, and each is looked up among them.
  const sorted = Float64Array.from(values).sort();
  const [distinct, meanRanks]: [number[], number[]] = [[], []];
  for (let start = 0; start < sorted.length; ) {
    let end = start + 1;
    while (end < sorted.length && sorted[end] === sorted[start]) end++;
    distinct.push(sorted[start]!);
    meanRanks.push((start + 1 + end) / 2);
    start = end;
  }
  return Float64Array.from(values, (value) => meanRanks[placeOf(distinct, value)]!);
}

/** The place of a value in a list that ascends and holds it. */
function placeOf(ascending: readonly number[], value: number): number {
  let [low, high] = [0, ascending.length - 1];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (ascending[middle]! < value) low = middle + 1;
    else high = middle;
  }
  return low;
}

function productMoment(x: ArrayLike<number>, y: ArrayLike<number>): number | undefined {
  const n = x.length;
  const mean = (values: ArrayLike<number>) => {
    let sum = 0;
    for (let i = 0; i < n; i++) sum += values[i]!;
    return sum / n;
  };
  const meanX = mean(x);
  const meanY = mean(y);
  let xx = 0;
  let yy = 0;
  let xy = 0;
  for (let i = 0; i < n; i++) {
    const dx = x[i]! - meanX;
    const dy = y[i]! - meanY;
    xx += dx * dx;
    yy += dy * dy;
    xy += dx * dy;
  }
  if (n < 4 || xx === 0 || yy === 0) return undefined;
  return Math.max(-1, Math.min(1, xy / Math.sqrt(xx * yy)));
}

function withInterval(r: number | undefined, n: number, widening: number): Correlation | undefined {
  if (r === undefined) return undefined;
  const half = Z * Math.sqrt(widening / (n - 3));
  const t = r * Math.sqrt((n - 2) / ((1 - r) * (1 + r)));
  return {
    value: r,
    low: Math.tanh(Math.atanh(r) - half),
    high: Math.tanh(Math.atanh(r) + half),
    pValue: Math.abs(r) === 1 ? 0 : studentTwoSided(t, n - 2),
    n,
  };
}
