// Numbers as people read them, the same in every report.

import type { Estimate } from '../analysis/intervals.ts';

/**
 * "12,345": whole numbers up to 2^53, grouped as in American English. `Intl` would say the same, but its first formatter
 * takes every thread ten milliseconds.
 */
export const count = (value: number): string =>
  String(Math.round(value)).replaceAll(/\B(?=(?:\d{3})+$)/g, ',');

/** "1 sample", "12,345 samples" */
export const counted = (n: number, one: string, many = `${one}s`): string =>
  `${count(n)} ${n === 1 ? one : many}`;

/** "92.6 %" */
export const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;

/** "92.6 % (89.1–95.7)". Of what was never seen, how much there may be at most, where that is known. */
export function percentInterval({ value, low, high }: Estimate): string {
  if (Number.isNaN(value)) return 'unknown';
  if (value === 0) return high > 0 ? `${percent(0)} (at most ${(100 * high).toFixed(1)})` : percent(0);
  return `${percent(value)} (${(100 * low).toFixed(1)}–${(100 * high).toFixed(1)})`;
}

/** "0.475 (0.397–0.546)" */
export const decimalInterval = ({ value, low, high }: Estimate): string =>
  `${value.toFixed(3)} (${low.toFixed(3)}–${high.toFixed(3)})`;

/** "p < 0.001" or "p = 0.012" */
export const pValue = (p: number): string => (p < 0.001 ? 'p < 0.001' : `p = ${p.toFixed(3)}`);
