// How many fragments more samples would bring to light: what has been seen once and twice tells of what has
// not been seen. Fragments of one family are not independent, so read these as lower bounds of their kind.

import { type Estimate, type Interval, Z } from './intervals.ts';

/** How many fragments were seen exactly k times, by k. */
export type FrequencyCounts = ReadonlyMap<number, number>;

export function frequencyCounts(counts: Iterable<number>): FrequencyCounts {
  const frequencies = new Map<number, number>();
  for (const count of counts) {
    if (count > 0) frequencies.set(count, (frequencies.get(count) ?? 0) + 1);
  }
  return frequencies;
}

/**
 * Chao1, bias-corrected: S + f1 (f1 − 1) / (2 (f2 + 1)) (Chao 2005, equation 2; Colwell 2013, EstimateS
 * appendix B), with the log-normal interval of Chao (1987) and EstimateS's variances (equations 6 to 8).
 * The units are occurrences.
 */
export function chao1(frequencies: FrequencyCounts): Estimate {
  const { seen, nOccurrences, f1, f2 } = totals(frequencies);
  const value = seen + (f1 * (f1 - 1)) / (2 * (f2 + 1));
  if (f1 === 0) return { value, ...intervalWithoutSingles(seen, nOccurrences) };
  const variance =
    f2 > 0
      ? (f1 * (f1 - 1)) / (2 * (f2 + 1)) +
        (f1 * (2 * f1 - 1) ** 2) / (4 * (f2 + 1) ** 2) +
        (f1 * f1 * f2 * (f1 - 1) ** 2) / (4 * (f2 + 1) ** 4)
      : (f1 * (f1 - 1)) / 2 + (f1 * (2 * f1 - 1) ** 2) / 4 - f1 ** 4 / (4 * value);
  return { value, ...logNormalInterval(seen, value, variance) };
}

/**
 * Chao2, bias-corrected: as Chao1 with samples as the units, S + (T − 1)/T · Q1 (Q1 − 1) / (2 (Q2 + 1))
 * (Chao 1987; Colwell 2013, appendix B). `frequencies` count in how many of T samples a fragment stands.
 */
export function chao2(frequencies: FrequencyCounts, nSamples: number): number {
  const { seen, f1, f2 } = totals(frequencies);
  if (nSamples === 0) return seen;
  return seen + (((nSamples - 1) / nSamples) * (f1 * (f1 - 1))) / (2 * (f2 + 1));
}

/**
 * Good–Turing sample coverage, 1 − f1/n (Good 1953): the share of all memorised occurrences to come that
 * belong to fragments seen already. NaN where nothing was seen.
 */
export function goodTuringCoverage(frequencies: FrequencyCounts): number {
  const { f1, nOccurrences } = totals(frequencies);
  return nOccurrences === 0 ? Number.NaN : 1 - f1 / nOccurrences;
}

function totals(frequencies: FrequencyCounts) {
  let seen = 0;
  let nOccurrences = 0;
  for (const [count, n] of frequencies) {
    seen += n;
    nOccurrences += count * n;
  }
  return { seen, nOccurrences, f1: frequencies.get(1) ?? 0, f2: frequencies.get(2) ?? 0 };
}

/**
 * When nothing was seen only once: a fragment is missed with probability P = exp(−n/S) (EstimateS, appendix
 * B), so what was seen is binomial and S/(1 − P) has the variance S P/(1 − P)².
 */
function intervalWithoutSingles(seen: number, nOccurrences: number): Interval {
  if (seen === 0) return { low: 0, high: 0 };
  const missed = Math.exp(-nOccurrences / seen);
  const centre = seen / (1 - missed);
  const half = (Z * Math.sqrt(seen * missed)) / (1 - missed);
  return { low: Math.max(seen, centre - half), high: centre + half };
}

/** Lower end never below what was seen (Chao 1987). */
function logNormalInterval(seen: number, value: number, variance: number): Interval {
  const unseen = value - seen;
  if (unseen <= 0) return { low: seen, high: seen };
  const factor = Math.exp(Z * Math.sqrt(Math.log(1 + Math.max(0, variance) / unseen ** 2)));
  return { low: seen + unseen / factor, high: seen + unseen * factor };
}
