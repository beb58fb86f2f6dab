// Whether windows come as often as a map says: counts of draws against binomials. Pure.

import { chiSquareUpper, lnChoose } from './distributions.ts';
import { CONFIDENCE } from './intervals.ts';

/** Windows outside come always or never in so few draws, and say nothing. */
export const CALIBRATION_RANGE = [0.02, 0.98] as const;
/** Draws of each window. */
export const N_CALIBRATION_DRAWS = 200;

export interface DrawnWindow {
  readonly p: number;
  readonly nDraws: number;
  /** Draws that gave the suffix. */
  readonly nCame: number;
}

export interface CalibrationVerdict {
  readonly nWindows: number;
  readonly nDraws: number;
  /** Draws that gave their window's suffix, and how many the map expects. */
  readonly nCame: number;
  readonly nExpected: number;
  /** Sum over windows of (came − n·p)² / (n·p·(1 − p)); its degrees of freedom are the windows. */
  readonly chiSquare: number;
  /** Probability that chance alone gives so large a `chiSquare`. */
  readonly chance: number;
  /** Windows of which the count lies in its binomial's central 95 %. */
  readonly nInside: number;
}

/** Takes one window or more. */
export function judgeCalibration(windows: readonly DrawnWindow[]): CalibrationVerdict {
  const nWindows = windows.length;
  const sum = (of: (window: DrawnWindow) => number) => windows.reduce((total, one) => total + of(one), 0);
  const chiSquare = sum(({ p, nDraws: n, nCame }) => (nCame - n * p) ** 2 / (n * p * (1 - p)));
  return {
    ...{ nWindows, chiSquare, chance: chiSquareUpper(chiSquare, nWindows) },
    nDraws: sum(({ nDraws }) => nDraws),
    nCame: sum(({ nCame }) => nCame),
    nExpected: sum(({ p, nDraws }) => p * nDraws),
    nInside: sum(({ p, nDraws, nCame }) => {
      const [least, most] = binomialRange(nDraws, p);
      return nCame >= least && nCame <= most ? 1 : 0;
    }),
  };
}

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

/** The band that chance leaves around each probability. */
export interface BandPoint {
  readonly p: number;
  /** Shares of the draws. */
  readonly low: number;
  readonly high: number;
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

export interface CalibrationBin {
  /** Windows with p from `least` (inclusive) to `most`. */
  readonly least: number;
  readonly most: number;
  readonly nWindows: number;
  readonly nDraws: number;
  readonly nCame: number;
  readonly nExpected: number;
}

const N_BINS = 5;

/** Fifths of the range of p that hold a window, from the least. */
export function binCalibration(windows: readonly DrawnWindow[]): readonly CalibrationBin[] {
  return Array.from({ length: N_BINS }, (_, i) => {
    const [least, most] = [i / N_BINS, (i + 1) / N_BINS];
    const own = windows.filter(({ p }) => p >= least && (p < most || most === 1));
    const sum = (of: (window: DrawnWindow) => number) => own.reduce((total, one) => total + of(one), 0);
    return {
      ...{ least, most, nWindows: own.length },
      nDraws: sum(({ nDraws }) => nDraws),
      nCame: sum(({ nCame }) => nCame),
      nExpected: sum(({ p, nDraws }) => p * nDraws),
    };
  }).filter(({ nWindows }) => nWindows > 0);
}
