// Counts of draws against binomials, by sums that need no special function.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { WindowDraws } from '../../../protocol/calibration.ts';
import { binCalibration, binomialRange, judgeCalibration } from '../../../server/analysis/calibration.ts';
import { chiSquareUpper } from '../../../server/analysis/distributions.ts';
import { randomSource } from '../../../server/analysis/random.ts';

/** With an even number of degrees, χ² above x is a Poisson variable of mean x/2 below half of them. */
function poissonBelow(mean: number, n: number): number {
  let term = Math.exp(-mean);
  let sum = 0;
  for (let k = 0; k < n; k++) {
    sum += term;
    term *= mean / (k + 1);
  }
  return sum;
}

test('the upper tail of χ² is a sum of Poisson terms', () => {
  for (const degrees of [2, 4, 10, 60, 200, 400]) {
    for (const chiSquare of [0.01, 0.5, 3, 9.5, 40, 188, 231, 500]) {
      const [made, wanted] = [chiSquareUpper(chiSquare, degrees), poissonBelow(chiSquare / 2, degrees / 2)];
      assert(Math.abs(made - wanted) < 1e-12, `${chiSquare} on ${degrees}: ${made}, not ${wanted}`);
    }
  }
  // Odd degrees step as even ones do, and one degree is a normal variable: 1.959964² leaves 5 %.
  assert(Math.abs(chiSquareUpper(3.841458820694124, 1) - 0.05) < 1e-12);
  const step = (4 / 2) ** 2.5 * Math.exp(-2) * (8 / (15 * Math.sqrt(Math.PI)));
  assert(Math.abs(chiSquareUpper(4, 7) - chiSquareUpper(4, 5) - step) < 1e-12);
});

/** Mass of each count, by the recurrence of neighbours from the likeliest one on: from 0 on it would underflow. */
function binomial(n: number, p: number): readonly number[] {
  const peak = Math.floor((n + 1) * p);
  const weights = [1];
  for (let k = peak; k < n; k++) weights.push((weights.at(-1)! * (n - k) * p) / ((k + 1) * (1 - p)));
  for (let k = peak; k > 0; k--) weights.unshift((weights[0]! * k * (1 - p)) / ((n - k + 1) * p));
  const sum = weights.reduce((all, one) => all + one, 0);
  return weights.map((weight) => weight / sum);
}

test('a range of counts leaves at most 2.5 % at each end, and no more could be cut', () => {
  for (const n of [1, 7, 40, 200]) {
    for (const p of [0.02, 0.1, 0.5, 0.73, 0.98]) {
      const masses = binomial(n, p);
      const [least, most] = binomialRange(n, p);
      const sum = (from: number, to: number) => masses.slice(from, to).reduce((all, one) => all + one, 0);
      assert(sum(0, least) <= 0.025 && sum(0, least + 1) > 0.025, `${n} ${p}: from ${least}`);
      assert(sum(most + 1, n + 1) <= 0.025 && sum(most, n + 1) > 0.025, `${n} ${p}: to ${most}`);
    }
  }
});

test('counts out of their binomials are by chance, and those of other probabilities are not', () => {
  const source = randomSource(7);
  const draw = (p: number, really: number): WindowDraws => ({
    p,
    nDraws: 200,
    nCame: Array.from({ length: 200 }, () => source.uniform()).filter((noise) => noise < really).length,
  });
  const ps = Array.from({ length: 60 }, (_, i) => 0.02 + (0.96 * i) / 59);
  const right = judgeCalibration(ps.map((p) => draw(p, p)));
  const wrong = judgeCalibration(ps.map((p) => draw(p, p ** 1.2)));
  assert(right.chance > 0.01 && right.nInside >= 52, JSON.stringify(right));
  assert(wrong.chance < 1e-6 && wrong.nInside < 50, JSON.stringify(wrong));
  assert.deepEqual([right.nWindows, right.nDraws], [60, 12_000]);
  assert(Math.abs(right.nExpected - 200 * 30) < 1e-6);
  const bins = binCalibration(ps.map((p) => draw(p, p)));
  assert.deepEqual(
    bins.map(({ nWindows }) => nWindows),
    [12, 12, 12, 12, 12],
  );
});
