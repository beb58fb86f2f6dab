// How far two people who label the same things agree beyond chance, and how well rules do against people.

import { type Estimate, wilson, Z } from './intervals.ts';

export interface Agreement extends Estimate {
  readonly n: number;
  /** Share of things with the same label. */
  readonly observed: number;
}

/**
 * Cohen's kappa (Cohen 1960) with the large-sample standard error of Fleiss, Cohen and Everitt (1969).
 * `pairs` are the two labels of each thing. Undefined without pairs, or when both only ever use one label.
 */
export function cohensKappa(pairs: readonly (readonly [string, string])[]): Agreement | undefined {
  const n = pairs.length;
  const labels = [...new Set(pairs.flat())].sort();
  const share = (test: (pair: readonly [string, string]) => boolean) => pairs.filter(test).length / n;
  const first = labels.map((label) => share(([a]) => a === label));
  const second = labels.map((label) => share(([, b]) => b === label));
  const observed = share(([a, b]) => a === b);
  const expected = first.reduce((sum, p, i) => sum + p * second[i]!, 0);
  if (n === 0 || expected === 1) return undefined;
  const kappa = (observed - expected) / (1 - expected);
  let onDiagonal = 0;
  let offDiagonal = 0;
  for (const [i, a] of labels.entries()) {
    for (const [j, b] of labels.entries()) {
      const p = share(([x, y]) => x === a && y === b);
      if (i === j) onDiagonal += p * (1 - (first[i]! + second[i]!) * (1 - kappa)) ** 2;
      else offDiagonal += p * (second[i]! + first[j]!) ** 2;
    }
  }
  const variance =
    (onDiagonal + (1 - kappa) ** 2 * offDiagonal - (kappa - expected * (1 - kappa)) ** 2) /
    ((1 - expected) ** 2 * n);
  const half = Z * Math.sqrt(Math.max(0, variance));
  return { value: kappa, low: kappa - half, high: Math.min(1, kappa + half), n, observed };
}

export interface LabelPrecision {
  readonly label: string;
  /** Things to which the rules gave this label and a person gave any. */
  readonly n: number;
  readonly precision: Estimate;
}

/** Precision of the rules for each label, against labels by hand. `pairs` are (rule, hand). */
export function labelPrecision(
  pairs: readonly (readonly [rule: string, hand: string])[],
): readonly LabelPrecision[] {
  return [...new Set(pairs.map(([rule]) => rule))].sort().map((label) => {
    const given = pairs.filter(([rule]) => rule === label);
    const right = given.filter(([, hand]) => hand === label).length;
    return { label, n: given.length, precision: wilson(right, given.length) };
  });
}
