// Studies beside each other: their shares with intervals, what they have in common, and whether they differ.

import { forDom } from '../guard/text/for-dom.ts';
import type { Measured } from '../protocol/measured.ts';
import type { ComparedPair, StudiesCompared } from '../protocol/study-comparison.ts';
import { comparisonHeading } from './comparison-heading.ts';
import { element } from './element.ts';
import { figure } from './figure.ts';
import { panel, section } from './findings.ts';
import { l10n } from './l10n.ts';
import { count, countRange, percent, percentRange, pValue, rangeText } from './numbers.ts';
import { sharesPlot } from './plots/shares-plot.ts';
import type { Tip } from './plots/tip.ts';
import { table } from './simple-table.ts';

export function comparison(
  { studies, shared, pairs, warnings }: StudiesCompared,
  tip: Tip,
): readonly HTMLElement[] {
  const names = studies.map(({ name }) => forDom(name));
  const nameOf = (i: number) => names[i] ?? '';
  const shares = l10n.t('Samples that repeat training data');
  return [
    ...comparisonHeading(l10n.t('Studies compared'), names.join(' · '), warnings),
    section(
      'how-much',
      l10n.t('How much'),
      element(
        'div',
        { class: 'figures' },
        figure(
          {
            caption: shares,
            what: 'comparison',
            note: l10n.t('The share of each study’s samples, with its 95 % interval.'),
            plot: sharesPlot(shares, names, studies),
            numbers: {
              head: [l10n.t('study'), l10n.t('share'), l10n.t('95 % interval')],
              rows: studies.map(({ samples }, i) => [
                nameOf(i),
                percent(samples.value),
                percentRange(samples),
              ]),
            },
          },
          tip,
        ),
      ),
      panel(
        l10n.t('Studies'),
        'shares',
        table(
          l10n.t('Studies'),
          [
            l10n.t('study'),
            l10n.t('model'),
            l10n.t('samples'),
            l10n.t('of samples'),
            l10n.t('of lines'),
            l10n.t('of tokens'),
            l10n.t('fragments'),
          ],
          studies.map(({ model, nSamples, samples, lines, tokens, fragments }, i) => ({
            cells: [
              nameOf(i),
              forDom(model),
              count(nSamples),
              rangeText(samples),
              rangeText(lines),
              tokens === null ? l10n.t('unknown') : rangeText(tokens),
              withRange(count(fragments.value), fragments.high === 0 ? '' : countRange(fragments)),
            ],
          })),
        ),
      ),
    ),
    section(
      'in-common',
      l10n.t('What they have in common'),
      panel(
        l10n.t('Fragments by the studies that have them'),
        'fragments',
        table(
          l10n.t('Fragments by the studies that have them'),
          [l10n.t('fragments in'), l10n.t('number')],
          shared.map(({ studies: of, nFragments }) => ({
            cells: [
              of.length === studies.length
                ? l10n.t('all of them')
                : l10n.t('only {0}', of.map(nameOf).join(', ')),
              count(nFragments),
            ],
          })),
        ),
      ),
    ),
    section(
      'differences',
      l10n.t('Whether they differ'),
      panel(
        l10n.t('Differences of the shares'),
        'comparison',
        element(
          'p',
          { class: 'note' },
          l10n.t(
            'In percentage points, with 95 % intervals; p by Fisher’s exact test, adjusted for the number of pairs.',
          ),
        ),
        table(
          l10n.t('Differences of the shares'),
          [
            l10n.t('difference'),
            l10n.t('of samples'),
            l10n.t('p'),
            l10n.t('of lines'),
            l10n.t('of tokens'),
            l10n.t('in words'),
          ],
          pairs.map((pair) => ({
            cells: [
              `${nameOf(pair.first)} − ${nameOf(pair.second)}`,
              points(pair.samples),
              pValue(pair.pValue).replace(/^p (= )?/, ''), // The column's name says it.
              points(pair.lines),
              pair.tokens === null ? l10n.t('unknown') : points(pair.tokens),
              inWords(pair, nameOf),
            ],
          })),
        ),
      ),
    ),
  ];
}

/** Nothing that was never seen has an interval around it. */
const withRange = (value: string, range: string) => (range === '' ? value : `${value} (${range})`);

/** Writes a difference like "+3.1 (0.2 to 6.0)". */
const points = ({ value, low, high }: Measured) =>
  `${value < 0 ? '' : '+'}${signed(value)} (${signed(low)} to ${signed(high)})`;
const signed = (value: number) => (100 * value).toFixed(1).replace('-', '−');

function inWords({ first, second, samples, pValue: p }: ComparedPair, nameOf: (i: number) => string): string {
  if (p >= 0.05) return l10n.t('no more than chance would give');
  const more = samples.value > 0 ? first : second;
  return l10n.t('{0} repeats more', nameOf(more));
}
