// Every statistic against what SciPy, statsmodels, scikit-learn and scikit-bio make of the same input
// (test/fixtures/analysis/make-references.py).

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import fc from 'fast-check';
import { cohensKappa, labelPrecision } from '../../../server/analysis/agreement.ts';
import { bootstrapSums } from '../../../server/analysis/bootstrap.ts';
import { pearson, ranks, spearman } from '../../../server/analysis/correlation.ts';
import {
  incompleteBeta,
  lnGamma,
  normalQuantile,
  studentTwoSided,
} from '../../../server/analysis/distributions.ts';
import { differenceOfProportions, wilson } from '../../../server/analysis/intervals.ts';
import { drawWithoutReplacement, randomSource } from '../../../server/analysis/random.ts';
import { rankingQuality } from '../../../server/analysis/ranking.ts';
import { rarefaction } from '../../../server/analysis/rarefaction.ts';
import { fisherExact, holm } from '../../../server/analysis/significance.ts';
import { chao1, chao2, frequencyCounts, goodTuringCoverage } from '../../../server/analysis/unseen.ts';

type Numbers = readonly number[];

interface References {
  readonly distributions: Readonly<
    Record<'lnGamma' | 'normalQuantile' | 'incompleteBeta' | 'studentTwoSided', readonly Numbers[]>
  >;
  readonly correlations: readonly Readonly<Record<'x' | 'y' | 'ranks' | 'pearson' | 'spearman', Numbers>>[];
  readonly proportions: {
    readonly wilson: readonly Numbers[];
    readonly compared: readonly { a: Numbers; b: Numbers; newcomb: Numbers; fisher: number }[];
    readonly holm: readonly Numbers[];
  };
  readonly bootstrap: Readonly<Record<'memorised' | 'total' | 'part' | 'rate' | 'ratio', Numbers>>;
  readonly growth: readonly {
    nSamples: number;
    counts: Numbers;
    points: readonly Numbers[];
    chao1: Numbers;
    chao2: number;
    coverage: number;
  }[];
  readonly rankings: readonly {
    scores: Numbers;
    positive: Numbers;
    auc: number;
    averagePrecision: number;
    roc: readonly Numbers[];
    precisionRecall: readonly Numbers[];
  }[];
  readonly agreement: readonly { a: readonly string[]; b: readonly string[]; kappa: Numbers }[];
}

const references = JSON.parse(
  readFileSync(new URL('../../fixtures/analysis/references.json', import.meta.url), 'utf8'),
) as References;

function close(actual: number, expected: number, what: string, relative = 1e-9) {
  const error = Math.abs(actual - expected) / Math.max(1e-4, Math.abs(expected));
  assert(actual === expected || error <= relative, `${what}: ${actual}, but the reference is ${expected}`);
}

function closeAll(actual: readonly number[], expected: readonly number[], what: string, relative = 1e-9) {
  assert.equal(actual.length, expected.length, what);
  for (const [i, value] of actual.entries()) close(value, expected[i]!, `${what} [${i}]`, relative);
}

test('distributions agree with SciPy', () => {
  const d = references.distributions;
  for (const [x = 0, y = 0] of d.lnGamma) close(lnGamma(x), y, `lnGamma(${x})`, 1e-11);
  for (const [p = 0, y = 0] of d.normalQuantile) close(normalQuantile(p), y, `normalQuantile(${p})`);
  for (const [x = 0, a = 0, b = 0, y = 0] of d.incompleteBeta) {
    close(incompleteBeta(x, a, b), y, `incompleteBeta(${x}, ${a}, ${b})`);
  }
  for (const [t = 0, degrees = 0, y = 0] of d.studentTwoSided) {
    close(studentTwoSided(t, degrees), y, `studentTwoSided(${t}, ${degrees})`);
  }
});

test('Pearson and Spearman agree with SciPy, interval and p value included', () => {
  for (const { x, y, ...expected } of references.correlations) {
    closeAll([...ranks(x)], expected.ranks, 'ranks');
    for (const [name, correlate] of Object.entries({ pearson, spearman })) {
      const r = correlate(x, y)!;
      closeAll([r.value, r.low, r.high, r.pValue], expected[name as 'pearson'], name, 1e-7);
      assert.equal(r.n, x.length);
    }
  }
});

test('a constant side or too few pairs have no correlation', () => {
  assert.equal(pearson([1, 1, 1, 1, 1], [1, 2, 3, 4, 5]), undefined);
  assert.equal(spearman([1, 2, 3], [1, 2, 3]), undefined);
  assert.equal(pearson([1, 2, 3, 4], [2, 4, 6, 8])?.pValue, 0);
});

test('intervals of proportions and of their difference agree with statsmodels', () => {
  for (const [k = 0, n = 0, low = 0, high = 0] of references.proportions.wilson) {
    const estimate = wilson(k, n);
    assert.equal(estimate.value, k / n);
    closeAll([estimate.low, estimate.high].map(snapped), [low, high].map(snapped), `wilson ${k}/${n}`);
  }
  for (const { a, b, newcomb, fisher } of references.proportions.compared) {
    const [ka = 0, na = 0] = a;
    const [kb = 0, nb = 0] = b;
    const difference = differenceOfProportions(wilson(ka, na), wilson(kb, nb));
    closeAll([difference.low, difference.high], newcomb, `newcomb ${a} ${b}`);
    const p = fisherExact({ successes: ka, total: na }, { successes: kb, total: nb });
    close(p, fisher, `fisher ${a} ${b}`, 1e-7);
  }
  const [ps = [], adjusted = []] = references.proportions.holm;
  closeAll(holm(ps), adjusted, 'holm');
});

/** statsmodels leaves 1e-18 where the bound is 0. */
const snapped = (value: number) => (Math.abs(value) < 1e-15 ? 0 : value);

test('the bootstrap comes close to the exact and to SciPy’s interval', () => {
  const { memorised, total, part, rate, ratio } = references.bootstrap;
  const [a, b] = bootstrapSums(
    [memorised, part, total],
    ([nMemorised = 0, inPart = 0, inTotal = 0], n) => [nMemorised / n, inPart / inTotal],
    { nResamples: 4000 },
  );
  closeAll([a!.value, b!.value], [rate[0]!, ratio[0]!], 'values');
  // One four-hundredth is the exact interval's own step.
  for (const [actual, expected] of [
    [a!.low, rate[1]!],
    [a!.high, rate[2]!],
    [b!.low, ratio[1]!],
    [b!.high, ratio[2]!],
  ] as const) {
    assert(Math.abs(actual - expected) <= 1.01 / 400, `${actual} is far from ${expected}`);
  }
});

test('the same seed gives the same interval, another seed another one', () => {
  const column = references.bootstrap.total;
  const interval = (seed: number) => bootstrapSums([column], ([sum = 0]) => [sum], { seed, nResamples: 50 });
  assert.deepEqual(interval(1), interval(1));
  assert.notDeepEqual(interval(1), interval(2));
});

test('a rank is one more than there are smaller values, at the mean of those that are equal', () => {
  const value = fc.oneof(fc.nat(5), fc.double({ noNaN: true }), fc.constantFrom(0, -0, Infinity, -Infinity));
  fc.assert(
    fc.property(fc.array(value, { maxLength: 40 }), (values) => {
      const plain = values.map((value) => {
        const nSmaller = values.filter((other) => other < value).length;
        const nEqual = values.filter((other) => other === value).length;
        return nSmaller + (nEqual + 1) / 2;
      });
      assert.deepEqual([...ranks(values)], plain);
    }),
  );
});

test('a resample is as many draws as there are units, each added up in its turn', () => {
  const lists = fc
    .integer({ min: 1, max: 9000 })
    .chain((n) =>
      fc
        .array(
          fc.array(fc.double({ noNaN: true, noDefaultInfinity: true }), { minLength: 1, maxLength: 40 }),
          { minLength: 1, maxLength: 9 },
        )
        .map((few) => few.map((values) => Array.from({ length: n }, (_, i) => values[i % values.length]!))),
    );
  fc.assert(
    fc.property(lists, fc.nat(), (columns, seed) => {
      const n = columns[0]!.length;
      const random = randomSource(seed);
      const resamples = Array.from({ length: 3 }, () => {
        const sums = columns.map(() => 0);
        for (let i = 0; i < n; i++) {
          const drawn = random.below(n);
          for (const [c, column] of columns.entries()) sums[c]! += column[drawn]!;
        }
        return sums;
      });
      const seen: (readonly number[])[] = [];
      const keep = (sums: Float64Array) => seen[seen.push([...sums]) - 1]!;
      bootstrapSums(columns, keep, { seed, nResamples: 3 });
      assert.deepEqual(seen.slice(1), resamples);
    }),
    { numRuns: 30 },
  );
});

test('growth, Chao and Good–Turing agree with scikit-bio and with exact fractions', () => {
  for (const { nSamples, counts, points, ...expected } of references.growth) {
    const frequencies = frequencyCounts(counts);
    const all = rarefaction(frequencies, nSamples, nSamples);
    for (const [t = 0, fragments = 0, low = 0, high = 0] of points) {
      const point = all.find((p) => p.nSamples === t)!;
      closeAll([point.fragments, point.low, point.high], [fragments, low, high], `growth at ${t}`, 1e-6);
    }
    const estimate = chao1(frequencies);
    closeAll([estimate.value, estimate.low, estimate.high], expected.chao1, 'chao1', 1e-6);
    close(chao2(frequencies, nSamples), expected.chao2, 'chao2');
    close(goodTuringCoverage(frequencies), expected.coverage, 'coverage');
  }
});

test('growth never falls and ends at what was seen', () => {
  fc.assert(
    fc.property(
      fc
        .integer({ min: 1, max: 60 })
        .chain((n) =>
          fc.tuple(fc.constant(n), fc.array(fc.integer({ min: 1, max: n }), { minLength: 1, maxLength: 50 })),
        ),
      ([nSamples, counts]) => {
        const points = rarefaction(frequencyCounts(counts), nSamples);
        close(points.at(-1)!.fragments, counts.length, 'end', 1e-6);
        for (const [i, point] of points.entries()) {
          assert(i === 0 || point.fragments >= points[i - 1]!.fragments - 1e-9);
          assert(point.low <= point.fragments && point.fragments <= point.high);
        }
      },
    ),
  );
});

test('ROC, precision–recall and their areas agree with scikit-learn', () => {
  for (const { scores, positive, roc, precisionRecall, ...expected } of references.rankings) {
    const quality = rankingQuality(scores, positive, { nCurvePoints: 10_000, precisionAt: [10] })!;
    close(quality.auc.value, expected.auc, 'auc');
    assert(quality.auc.low < expected.auc && expected.auc < quality.auc.high);
    close(quality.averagePrecision, expected.averagePrecision, 'average precision');
    const xs = (points: readonly { x: number }[]) => points.map(({ x }) => x);
    const ys = (points: readonly { y: number }[]) => points.map(({ y }) => y);
    closeAll(xs(quality.roc), roc[0]!, 'false positive rate');
    closeAll(ys(quality.roc), roc[1]!, 'true positive rate');
    // scikit-learn keeps lower thresholds after full recall too; ours end with the last tie, as theirs do.
    closeAll(xs(quality.precisionRecall), precisionRecall[0]!, 'recall');
    closeAll(ys(quality.precisionRecall), precisionRecall[1]!, 'precision');
    const top = scores.map((s, i) => [s, positive[i]!] as const).sort((a, b) => b[0] - a[0]);
    const least = top[9]![0];
    if (top[10]![0] < least) {
      assert.equal(quality.precisionAt[0]!.precision, top.slice(0, 10).filter(([, p]) => p).length / 10);
    }
  }
});

test('a ranking copes with infinite scores, and says nothing where there is nothing to tell apart', () => {
  const infinite = Number.POSITIVE_INFINITY;
  assert.equal(rankingQuality([infinite, infinite, 0, 1], [1, 1, 0, 0])!.auc.value, 1);
  assert.equal(rankingQuality([1, 2], [1, 1]), undefined);
  assert.equal(rankingQuality([], []), undefined);
});

test('Cohen’s kappa and its interval agree with scikit-learn and statsmodels', () => {
  for (const { a, b, kappa } of references.agreement) {
    const agreement = cohensKappa(a.map((label, i) => [label, b[i]!] as const))!;
    closeAll([agreement.value, agreement.low, agreement.high], kappa, 'kappa', 1e-7);
  }
  assert.equal(cohensKappa([]), undefined);
  assert.equal(cohensKappa([['a', 'a']]), undefined);
});

test('precision of the rules counts only what they labelled so', () => {
  const precision = labelPrecision([
    ['license', 'license'],
    ['license', 'documentation'],
    ['logic', 'logic'],
  ]);
  assert.deepEqual(
    precision.map(({ label, n, precision: p }) => [label, n, p.value]),
    [
      ['license', 2, 0.5],
      ['logic', 1, 1],
    ],
  );
});

test('random numbers are spread evenly, and a drawn sample has no number twice', () => {
  const random = randomSource(7);
  const bins = new Uint32Array(16);
  for (let i = 0; i < 64_000; i++) bins[random.below(16)]!++;
  // 4,000 expected in each; chi squared with 15 degrees of freedom is below 37.7 in 999 of 1,000 cases.
  const chiSquared = bins.reduce((sum, n) => sum + (n - 4000) ** 2 / 4000, 0);
  assert(chiSquared < 37.7, `${chiSquared}`);
  const drawn = drawWithoutReplacement(1000, 384, randomSource(1));
  assert.equal(new Set(drawn).size, 384);
  assert(drawn.every((n) => n >= 0 && n < 1000));
  assert.deepEqual(drawWithoutReplacement(5, 384, randomSource(1)), [0, 1, 2, 3, 4]);
});

test('a seed gives the numbers that intervals were made with from the beginning, one at a time or many', () => {
  const known = new Map([
    [0, 210494603],
    [1, 711084892],
    [1023, 2548125113],
    [1024, 1110992540],
    [3000, 722876145],
  ]);
  const [one, many] = [randomSource(7), randomSource(7)];
  const numbers = Array.from({ length: 3001 }, () => one.below(2 ** 32));
  for (const [i, number] of known) assert.equal(numbers[i], number);
  const filled = [0, 1, 700, 2300].flatMap((n) => {
    const list = new Uint32Array(n);
    many.fillBelow(2 ** 32, list);
    return [...list];
  });
  assert.deepEqual(filled, numbers);
});
