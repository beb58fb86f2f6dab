// Percentile bootstrap over samples (Efron 1979): samples are the independent units, so whole samples are
// drawn again, and every measure of one draw is taken from the same samples.

import { CONFIDENCE, type Estimate } from './intervals.ts';
import { type RandomSource, randomSource } from './random.ts';

export interface BootstrapOptions {
  readonly seed?: number;
  readonly nResamples?: number;
}

const N_RESAMPLES = 1000;

type Statistic = (sums: Float64Array, nSamples: number) => readonly number[];

/**
 * Intervals of statistics of column sums. `columns` hold one number a sample; `statistic` gets the sums of
 * one resample and the number of samples.
 */
export function bootstrapSums(
  columns: readonly ArrayLike<number>[],
  statistic: Statistic,
  { seed = 0, nResamples = N_RESAMPLES }: BootstrapOptions = {},
): readonly Estimate[] {
  const { values, draws } = drawStatistics(columns, statistic, nResamples, randomSource(seed));
  return values.map((value, k) => ({ value, ...percentileInterval(draws[k]!) }));
}

/** Intervals of the differences a − b of the same statistics of two independent sets of samples. */
export function bootstrapDifference(
  a: readonly ArrayLike<number>[],
  b: readonly ArrayLike<number>[],
  statistic: Statistic,
  { seed = 0, nResamples = N_RESAMPLES }: BootstrapOptions = {},
): readonly Estimate[] {
  const random = randomSource(seed);
  const left = drawStatistics(a, statistic, nResamples, random);
  const right = drawStatistics(b, statistic, nResamples, random);
  return left.values.map((value, k) => {
    const differences = left.draws[k]!.map((draw, i) => draw - right.draws[k]![i]!);
    return { value: value - right.values[k]!, ...percentileInterval(differences) };
  });
}

function drawStatistics(
  columns: readonly ArrayLike<number>[],
  statistic: Statistic,
  nResamples: number,
  random: RandomSource,
) {
  const n = columns[0]?.length ?? 0;
  const width = columns.length;
  const table = new Float64Array(n * width);
  for (const [c, column] of columns.entries()) {
    for (let i = 0; i < n; i++) table[i * width + c] = column[i]!;
  }
  const whole = new Float64Array(width);
  for (let i = 0; i < n; i++) addRow(whole, table, i, width);
  const values = statistic(whole, n);
  const draws = values.map(() => new Float64Array(nResamples));
  for (let b = 0; b < nResamples; b++) {
    const drawn = statistic(resampleSums(table, n, width, random), n);
    for (const [k, value] of drawn.entries()) draws[k]![b] = value;
  }
  return { values, draws };
}

/** How often each of n units is drawn in one resample. */
export function resampleCounts(n: number, random: RandomSource, counts: Uint32Array): void {
  counts.fill(0);
  for (let i = 0; i < n; i++) counts[random.below(n)]!++;
}

export function percentileInterval(draws: Float64Array): { low: number; high: number } {
  const sorted = draws.filter((value) => !Number.isNaN(value)).sort();
  const tail = (1 - CONFIDENCE) / 2;
  return { low: quantile(sorted, tail), high: quantile(sorted, 1 - tail) };
}

/** Linear between order statistics (type 7 of Hyndman and Fan 1996). */
function quantile(sorted: ArrayLike<number>, p: number): number {
  if (sorted.length === 0) return Number.NaN;
  const at = (sorted.length - 1) * p;
  const below = Math.floor(at);
  const above = Math.min(below + 1, sorted.length - 1);
  return sorted[below]! + (at - below) * (sorted[above]! - sorted[below]!);
}

function resampleSums(table: Float64Array, n: number, width: number, random: RandomSource): Float64Array {
  const sums = new Float64Array(width);
  for (let i = 0; i < n; i++) addRow(sums, table, random.below(n), width);
  return sums;
}

function addRow(sums: Float64Array, table: Float64Array, row: number, width: number): void {
  for (let c = 0; c < width; c++) sums[c]! += table[row * width + c]!;
}
