// Whether two studies differ by more than chance.

import { lnChoose } from './distributions.ts';

/**
 * Fisher's exact test, two-sided: the probability, under equal rates, of all tables with the same margins
 * that are no likelier than the one seen. `successes` of `total` on each side.
 */
export function fisherExact(
  a: { readonly successes: number; readonly total: number },
  b: { readonly successes: number; readonly total: number },
): number {
  const drawn = a.successes + b.successes;
  const all = lnChoose(a.total + b.total, drawn);
  const lnProbability = (k: number) => lnChoose(a.total, k) + lnChoose(b.total, drawn - k) - all;
  // Rounding must not part tables that are equally likely.
  const limit = lnProbability(a.successes) + 1e-7;
  let sum = 0;
  for (let k = Math.max(0, drawn - b.total); k <= Math.min(drawn, a.total); k++) {
    const ln = lnProbability(k);
    if (ln <= limit) sum += Math.exp(ln);
  }
  return Math.min(1, sum);
}

/** Holm's step-down adjustment (1979) for several tests at once. */
export function holm(pValues: readonly number[]): readonly number[] {
  const order = pValues.map((_, i) => i).sort((i, j) => pValues[i]! - pValues[j]!);
  const adjusted = new Array<number>(pValues.length);
  let least = 0;
  for (const [rank, i] of order.entries()) {
    least = Math.min(1, Math.max(least, pValues[i]! * (pValues.length - rank)));
    adjusted[i] = least;
  }
  return adjusted;
}
