// Numbers and names as people read them, the same as in the reports.

import { forDom } from '../guard/text/for-dom.ts';
import type { FragmentSelection } from '../protocol/dashboard.ts';
import type { Measured } from '../protocol/measured.ts';
import { categoryName } from './category-name.ts';
import { l10n } from './l10n.ts';

/** Writes a count like "12,345". */
export const count = (value: number): string => Math.round(value).toLocaleString('en-US');

/** Writes a share like "92.6 %". */
export const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;

/** Writes an interval of shares like "89.1–95.7 %", and for none the most there may be: empty where nobody knows that. */
export function percentRange({ value, low, high }: Measured): string {
  if (value === 0) return high > 0 ? l10n.t('at most {0}', percent(high)) : '';
  return `${(100 * low).toFixed(1)}–${percent(high)}`;
}

/** Writes a share like "12.3 % (10.1–14.2 %)". */
export function rangeText(share: Measured): string {
  const range = percentRange(share);
  return range === '' ? percent(share.value) : `${percent(share.value)} (${range})`;
}

/** Writes a difference of shares like "3.1 (0.2 to 6.0) points". */
export const pointsText = ({ value, low, high }: Measured): string =>
  l10n.t('{0} ({1} to {2}) points', ...[value, low, high].map((share) => (100 * share).toFixed(1)));

/** Writes an interval of counts like "381–455". */
export const countRange = ({ low, high }: Measured): string => `${count(low)}–${count(high)}`;

/** Writes a value with its interval like "0.475 (0.397–0.546)". */
export const decimalInterval = ({ value, low, high }: Measured): string =>
  `${value.toFixed(3)} (${low.toFixed(3)}–${high.toFixed(3)})`;

export const pValue = (p: number): string => (p < 0.001 ? 'p < 0.001' : `p = ${p.toFixed(3)}`);

/** Writes a size like "6.5 MB". */
export function bytes(n: number): string {
  const units = ['bytes', 'kB', 'MB', 'GB', 'TB'];
  const step = n < 1 ? 0 : Math.min(units.length - 1, Math.floor(Math.log10(n) / 3));
  return `${(n / 1000 ** step).toFixed(step === 0 ? 0 : 1)} ${units[step]}`;
}

/** Writes a duration like "18.9 s", "5 min" or "2.5 h". */
export function duration(ms: number): string {
  if (ms < 60_000) return `${(ms / 1000).toFixed(1)} s`;
  if (ms < 3_600_000) return `${Math.round(ms / 60_000)} min`;
  return `${(ms / 3_600_000).toFixed(1)} h`;
}

export const fragmentsText = (n: number): string =>
  n === 1 ? l10n.t('{0} fragment', count(n)) : l10n.t('{0} fragments', count(n));

export const samplesText = (n: number): string =>
  n === 1 ? l10n.t('{0} sample', count(n)) : l10n.t('{0} samples', count(n));

export const countsText = (train: number, extract: number): string =>
  l10n.t('{0} × in the training data, {1} × in the samples', count(train), count(extract));

export const linesText = (from: number, to: number): string => (from === to ? `${from}` : `${from}–${to}`);

/** Says in words which fragments are listed, like "in the first 100 samples". */
export function selectionText(selection: FragmentSelection): string {
  switch (selection.kind) {
    case 'all':
      return l10n.t('all');
    case 'counts':
      return countsText(selection.train, selection.extract);
    case 'lines':
      return l10n.t('{0} lines', linesText(selection.fromLines, selection.toLines));
    case 'category':
      return categoryName(selection.category);
    case 'repository':
      return forDom(selection.repository) || l10n.t('repository unknown');
    case 'license':
      return forDom(selection.license) || l10n.t('licence unknown');
    case 'samples':
      return l10n.t('in the first {0}', samplesText(selection.nSamples));
    case 'sensitive':
      return l10n.t('sensitive');
  }
}
