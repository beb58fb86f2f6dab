// How well a score tells memorised samples from others: ROC and precision–recall curves, their areas, and
// the precision among the highest. A higher score means "more likely memorised".

import { percentileInterval, resampleCounts } from './bootstrap.ts';
import type { Estimate } from './intervals.ts';
import { randomSource } from './random.ts';

export interface RankingQuality {
  readonly n: number;
  readonly nPositive: number;
  /** Area under the ROC curve: the chance that a memorised sample scores above another, ties half. */
  readonly auc: Estimate;
  /** Area under the precision–recall curve as the step-wise sum Σ (R_i − R_{i−1}) P_i. */
  readonly averagePrecision: number;
  readonly roc: readonly CurvePoint[];
  readonly precisionRecall: readonly CurvePoint[];
  readonly precisionAt: readonly { readonly n: number; readonly precision: number }[];
}

export interface CurvePoint {
  readonly x: number;
  readonly y: number;
}

export interface RankingOptions {
  readonly precisionAt?: readonly number[];
  /** Points kept of each curve. */
  readonly nCurvePoints?: number;
  readonly nResamples?: number;
  readonly seed?: number;
}

/** Undefined when all samples, or none, are positive: then there is nothing to tell apart. */
export function rankingQuality(
  scores: ArrayLike<number>,
  positive: ArrayLike<number | boolean>,
  {
    precisionAt = [10, 50, 100, 500, 1000],
    nCurvePoints = 200,
    nResamples = 400,
    seed = 0,
  }: RankingOptions = {},
): RankingQuality | undefined {
  const order = Uint32Array.from({ length: scores.length }, (_, i) => i).sort(
    // Not by difference: scores may be infinite.
    (a, b) => (scores[a]! > scores[b]! ? -1 : scores[a]! < scores[b]! ? 1 : a - b),
  );
  const n = order.length;
  const isPositive = Uint8Array.from(order, (i) => (positive[i] ? 1 : 0));
  const nPositive = isPositive.reduce((sum, value) => sum + value, 0);
  if (nPositive === 0 || nPositive === n) return undefined;
  const tieEnds = endsOfTies(order, scores);
  const { roc, precisionRecall, averagePrecision } = curves(isPositive, tieEnds, nPositive);
  return {
    n,
    nPositive,
    auc: areaWithInterval(isPositive, tieEnds, nResamples, seed),
    averagePrecision,
    roc: thin(roc, nCurvePoints),
    precisionRecall: thin(precisionRecall, nCurvePoints),
    precisionAt: precisionAt
      .filter((top) => top <= n)
      .map((top) => ({ n: top, precision: isPositive.subarray(0, top).reduce((s, v) => s + v, 0) / top })),
  };
}

/** For each group of equal scores, in descending order, the rank after its last member. */
function endsOfTies(order: Uint32Array, scores: ArrayLike<number>): Uint32Array {
  const ends: number[] = [];
  for (let i = 1; i <= order.length; i++) {
    if (i === order.length || scores[order[i]!] !== scores[order[i - 1]!]) ends.push(i);
  }
  return Uint32Array.from(ends);
}

function curves(isPositive: Uint8Array, tieEnds: Uint32Array, nPositive: number) {
  const nNegative = isPositive.length - nPositive;
  const roc: CurvePoint[] = [{ x: 0, y: 0 }];
  const precisionRecall: CurvePoint[] = [];
  let averagePrecision = 0;
  let truePositives = 0;
  let at = 0;
  for (const end of tieEnds) {
    const before = truePositives;
    for (; at < end; at++) truePositives += isPositive[at]!;
    averagePrecision += ((truePositives - before) / nPositive) * (truePositives / end);
    roc.push({ x: (end - truePositives) / nNegative, y: truePositives / nPositive });
    precisionRecall.push({ x: truePositives / nPositive, y: truePositives / end });
  }
  return { roc, precisionRecall, averagePrecision };
}

/** Bootstrap over samples: a resample is a weight a sample, so the order is sorted only once. */
function areaWithInterval(
  isPositive: Uint8Array,
  tieEnds: Uint32Array,
  nResamples: number,
  seed: number,
): Estimate {
  const weights = new Uint32Array(isPositive.length).fill(1);
  const value = area(isPositive, tieEnds, weights);
  const random = randomSource(seed);
  const draws = Float64Array.from({ length: nResamples }, () => {
    resampleCounts(weights.length, random, weights);
    return area(isPositive, tieEnds, weights);
  });
  return { value, ...percentileInterval(draws) };
}

function area(isPositive: Uint8Array, tieEnds: Uint32Array, weights: Uint32Array): number {
  let positives = 0;
  let negatives = 0;
  let pairs = 0;
  let at = 0;
  for (const end of tieEnds) {
    let tiedPositives = 0;
    let tiedNegatives = 0;
    for (; at < end; at++) {
      if (isPositive[at]) tiedPositives += weights[at]!;
      else tiedNegatives += weights[at]!;
    }
    pairs += tiedNegatives * (positives + tiedPositives / 2);
    positives += tiedPositives;
    negatives += tiedNegatives;
  }
  return pairs / (positives * negatives);
}

/** Evenly spread points of a curve, its ends included. */
function thin(points: readonly CurvePoint[], most: number): readonly CurvePoint[] {
  if (points.length <= most) return points;
  return Array.from({ length: most }, (_, i) => points[Math.round((i * (points.length - 1)) / (most - 1))]!);
}
