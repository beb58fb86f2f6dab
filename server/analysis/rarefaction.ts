// Growth: how many distinct fragments t of the T samples hold on average, exactly and without drawing.

import { lnChoose } from './distributions.ts';
import { type Interval, Z } from './intervals.ts';
import { chao2, type FrequencyCounts } from './unseen.ts';

export interface GrowthPoint extends Interval {
  readonly nSamples: number;
  /** Expected number of distinct fragments. */
  readonly fragments: number;
}

/**
 * Sample-based rarefaction with unconditional intervals (Colwell et al. 2012, Journal of Plant Ecology 5,
 * equations 17 and 18; there Mao Tau and its variance, with Chao2 as the asymptote). `incidences` counts
 * the fragments that stand in exactly k samples, by k.
 */
export function rarefaction(
  incidences: FrequencyCounts,
  nSamples: number,
  nPoints = 40,
): readonly GrowthPoint[] {
  const asymptote = chao2(incidences, nSamples);
  return pointsUpTo(nSamples, nPoints).map((t) => {
    let expected = 0;
    let spread = 0;
    for (const [k, n] of incidences) {
      const seen = 1 - missProbability(k, t, nSamples);
      expected += n * seen;
      spread += n * seen * seen;
    }
    const variance = asymptote > 0 ? Math.max(0, spread - expected ** 2 / asymptote) : 0;
    const half = Z * Math.sqrt(variance);
    return { nSamples: t, fragments: expected, low: Math.max(0, expected - half), high: expected + half };
  });
}

/** Probability that t of T samples, drawn without replacement, all miss a fragment that stands in k. */
function missProbability(k: number, t: number, total: number): number {
  if (t > total - k) return 0;
  return Math.exp(lnChoose(total - k, t) - lnChoose(total, t));
}

/** Whole numbers, evenly spread, that end at the total. */
function pointsUpTo(total: number, nPoints: number): readonly number[] {
  const steps = Math.min(total, nPoints);
  return Array.from({ length: steps }, (_, i) => Math.round(((i + 1) * total) / steps));
}
