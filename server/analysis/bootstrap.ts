// Percentile bootstrap over samples (Efron 1979): samples are the independent units, so whole samples are
// drawn again, and every measure of one draw is taken from the same samples.

import { CONFIDENCE, type Estimate } from './intervals.ts';
import { type RandomSource, randomSource } from './random.ts';

export interface BootstrapOptions {
  readonly seed?: number;
  readonly nResamples?: number;
}

const N_RESAMPLES = 1000;

/** `sums` hold what they hold until it returns. */
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
  const table = sideBySide(columns, n);
  const sums = new Float64Array(table.length * ABREAST);
  for (const [c, column] of columns.entries())
    for (let unit = 0; unit < n; unit++) sums[c] = sums[c]! + column[unit]!;
  const own = sums.subarray(0, columns.length);
  const values = statistic(own, n);
  const draws = values.map(() => new Float64Array(nResamples));
  for (let b = 0; b < nResamples; b++) {
    resampleSums(table, n, random, sums);
    for (const [k, value] of statistic(own, n).entries()) draws[k]![b] = value;
  }
  return { values, draws };
}

/** How often each of n units is drawn in one resample. */
export function resampleCounts(n: number, random: RandomSource, counts: Uint32Array): void {
  counts.fill(0);
  for (const drawn of drawUnits(n, random)) for (const unit of drawn) counts[unit]!++;
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

/** Units that are drawn at a time: as many as stay close at hand while every column is added up. */
const DRAWN_AT_ONCE = 4096;
const drawnUnits = new Uint32Array(DRAWN_AT_ONCE);

/** Draws n of n units, some at a time: the next ones overwrite them. */
function* drawUnits(n: number, random: RandomSource): Generator<Uint32Array> {
  for (let left = n; left > 0; left -= DRAWN_AT_ONCE) {
    const drawn = left < DRAWN_AT_ONCE ? drawnUnits.subarray(0, left) : drawnUnits;
    random.fillBelow(n, drawn);
    yield drawn;
  }
}

/** Columns that lie side by side, so that a unit's values are read together, and no addition waits for another. */
const ABREAST = 4;

/** Each part has four columns, row by row; what the last lacks is 0. */
function sideBySide(columns: readonly ArrayLike<number>[], n: number): readonly Float64Array[] {
  return Array.from({ length: Math.ceil(columns.length / ABREAST) }, (_, part) => {
    const rows = new Float64Array(n * ABREAST);
    for (const [i, column] of columns.slice(part * ABREAST, (part + 1) * ABREAST).entries())
      for (let unit = 0; unit < n; unit++) rows[unit * ABREAST + i] = column[unit]!;
    return rows;
  });
}

function resampleSums(
  table: readonly Float64Array[],
  n: number,
  random: RandomSource,
  sums: Float64Array,
): void {
  sums.fill(0);
  for (const drawn of drawUnits(n, random)) {
    for (const [part, rows] of table.entries()) addDrawn(rows, drawn, sums, part * ABREAST);
  }
}

/** Adds in the order of the draws. */
function addDrawn(rows: Float64Array, drawn: Uint32Array, sums: Float64Array, at: number): void {
  let [a, b, c, d] = [sums[at]!, sums[at + 1]!, sums[at + 2]!, sums[at + 3]!];
  for (let i = 0; i < drawn.length; i++) {
    const row = drawn[i]! * ABREAST;
    a += rows[row]!;
    b += rows[row + 1]!;
    c += rows[row + 2]!;
    d += rows[row + 3]!;
  }
  sums[at] = a;
  sums[at + 1] = b;
  sums[at + 2] = c;
  sums[at + 3] = d;
}
