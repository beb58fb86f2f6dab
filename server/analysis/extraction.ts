// (n, p)-discoverable extraction (Hayes et al. 2024): a text of probability q is drawn at least once in n draws with
// probability 1 − (1 − q)^n. All are given by log-probability, in nats.

/** Draws of the tables. */
export const DRAWS: readonly number[] = [1, 10, 100, 1_000, 10_000, 100_000, 1_000_000];
/** Probabilities of the tables. */
export const LEAST_PROBABILITIES: readonly number[] = [0.1, 0.5, 0.9, 0.99];

/** The least log-probability of a text that is drawn in n draws with probability p or more. */
export const leastLogp = (n: number, p: number): number => Math.log(-Math.expm1(Math.log1p(-p) / n));

/** The probability of drawing the text in n draws; the expected number of such texts is the sum of these. */
export const drawnWithin = (n: number, logp: number): number =>
  -Math.expm1(n * Math.log1p(-Math.min(1, Math.exp(logp))));

/** How often a text occurs in the training data, in the ranges that duplication is told by. */
export const COPY_RANGES = [
  { name: '1', least: 1, most: 1 },
  { name: '2–9', least: 2, most: 9 },
  { name: '10–99', least: 10, most: 99 },
  { name: '100 or more', least: 100, most: Infinity },
] as const;
