// Whether windows come as often as a map says: counts of draws against binomials. Pure.

import type {
  BandPoint,
  CalibrationBin,
  CalibrationVerdict,
  DrawTotals,
  WindowDraws,
} from '../../protocol/calibration.ts';
import { chiSquareUpper, lnChoose } from './distributions.ts';
import { CONFIDENCE } from './intervals.ts';

/** Windows outside come always or never in so few draws, and say nothing. */
export const CALIBRATION_RANGE = [0.02, 0.98] as const;
/** Draws of each window. */
export const N_CALIBRATION_DRAWS = 200;

/** Takes one window or more. */
export function judgeCalibration(windows: readonly WindowDraws[]): CalibrationVerdict {
  const totals = totalsOf(windows);
  const chiSquare = sumOf(windows, ({ p, nDraws: n, nCame }) => (nCame - n * p) ** 2 / (n * p * (1 - p)));
  return {
    ...totals,
    ...{ chiSquare, chance: chiSquareUpper(chiSquare, totals.nWindows) },
    nInside: sumOf(windows, ({ p, nDraws, nCame }) => {
      const [least, most] = binomialRange(nDraws, p);
      return nCame >= least && nCame <= most ? 1 : 0;
    }),
  };
}

const totalsOf = (windows: readonly WindowDraws[]): DrawTotals => ({
  nWindows: windows.length,
  nDraws: sumOf(windows, ({ nDraws }) => nDraws),
  nCame: sumOf(windows, ({ nCame }) => nCame),
  nExpected: sumOf(windows, ({ p, nDraws }) => p * nDraws),
});

const sumOf = (windows: readonly WindowDraws[], of: (window: WindowDraws) => number): number =>
  windows.reduce((total, one) => total + of(one), 0);

/** The counts that a binomial leaves when at most 2.5 % of its mass are cut from each end; p is neither 0 nor 1. */
export function binomialRange(n: number, p: number): readonly [least: number, most: number] {
  const tail = (1 - CONFIDENCE) / 2;
  const massAt = (k: number) => Math.exp(lnChoose(n, k) + k * Math.log(p) + (n - k) * Math.log1p(-p));
  const cut = (from: number, step: 1 | -1): number => {
    let at = from;
    for (let mass = massAt(at); mass <= tail && at >= 0 && at <= n; mass += massAt(at)) at += step;
    return at;
  };
  return [cut(0, 1), cut(n, -1)];
}

const N_BAND_POINTS = 96;

export function calibrationBand(nDraws: number): readonly BandPoint[] {
  const [from, to] = CALIBRATION_RANGE;
  return Array.from({ length: N_BAND_POINTS + 1 }, (_, i) => {
    const p = from + ((to - from) * i) / N_BAND_POINTS;
    const [least, most] = binomialRange(nDraws, p);
    return { p, low: least / nDraws, high: most / nDraws };
  });
}

const N_BINS = 5;

/** Fifths of the range of p that hold a window, from the least. */
export function binCalibration(windows: readonly WindowDraws[]): readonly CalibrationBin[] {
  return Array.from({ length: N_BINS }, (_, i) => {
    const [least, most] = [i / N_BINS, (i + 1) / N_BINS];
    const own = windows.filter(({ p }) => p >= least && (p < most || most === 1));
    return { least, most, ...totalsOf(own) };
  }).filter(({ nWindows }) => nWindows > 0);
}
