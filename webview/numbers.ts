// Numbers and names as people read them, the same as in the reports.

import type { FragmentSelection, Measured } from '../protocol/dashboard.ts';

/** "12,345" */
export const count = (value: number): string => Math.round(value).toLocaleString('en-US');

/** "92.6 %" */
export const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;

/** "89.1–95.7 %" */
export const percentRange = ({ low, high }: Measured): string => `${(100 * low).toFixed(1)}–${percent(high)}`;

/** "381–455" */
export const countRange = ({ low, high }: Measured): string => `${count(low)}–${count(high)}`;

/** "0.475 (0.397–0.546)" */
export const decimalInterval = ({ value, low, high }: Measured): string =>
  `${value.toFixed(3)} (${low.toFixed(3)}–${high.toFixed(3)})`;

export const pValue = (p: number): string => (p < 0.001 ? 'p < 0.001' : `p = ${p.toFixed(3)}`);

/** "6.5 MB" */
export function bytes(n: number): string {
  const units = ['bytes', 'kB', 'MB', 'GB', 'TB'];
  const step = n < 1 ? 0 : Math.min(units.length - 1, Math.floor(Math.log10(n) / 3));
  return `${(n / 1000 ** step).toFixed(step === 0 ? 0 : 1)} ${units[step]}`;
}

/** "18.9 s", "5 min", "2.5 h" */
export function duration(ms: number): string {
  if (ms < 60_000) return `${(ms / 1000).toFixed(1)} s`;
  if (ms < 3_600_000) return `${Math.round(ms / 60_000)} min`;
  return `${(ms / 3_600_000).toFixed(1)} h`;
}

export const plural = (n: number, one: string, many: string): string => `${count(n)} ${n === 1 ? one : many}`;

export const fragmentsText = (n: number): string => plural(n, 'fragment', 'fragments');

export const linesText = (from: number, to: number): string => (from === to ? `${from}` : `${from}–${to}`);

/** "in MIT-licensed files" */
export function selectionText(selection: FragmentSelection): string {
  switch (selection.kind) {
    case 'all':
      return 'all';
    case 'counts':
      return `${count(selection.train)} × in the corpus, ${count(selection.extract)} × in the samples`;
    case 'lines':
      return `${linesText(selection.fromLines, selection.toLines)} lines`;
    case 'category':
      return selection.category;
    case 'repository':
      return selection.repository || 'repository unknown';
    case 'license':
      return selection.license || 'licence unknown';
    case 'samples':
      return `in the first ${plural(selection.nSamples, 'sample', 'samples')}`;
    case 'sensitive':
      return 'sensitive';
  }
}
