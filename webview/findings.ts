// The middle of the dashboard: plots of what drives memorisation, and what it is.

import { forDom } from '../guard/text/for-dom.ts';
import type { DashboardMeasures, DashboardOverview, FragmentSelection } from '../protocol/dashboard.ts';
import { categoryName } from './category-name.ts';
import { element } from './element.ts';
import { type Explained, explain } from './explain.ts';
import { figure } from './figure.ts';
import { l10n } from './l10n.ts';
import { later, placeholder } from './later.ts';
import { count, countRange, decimalInterval, linesText, pValue } from './numbers.ts';
import { countsPlot, growthPlot, lengthPlot, levelsOf, taxonomyPlot } from './plots/plot-specs.ts';
import type { Tip } from './plots/tip.ts';

export interface FindingActions {
  readonly select: (selection: FragmentSelection) => void;
  readonly compare: (fingerprint: string) => void;
}

export function findings(
  { taxonomy }: DashboardOverview,
  measures: Promise<DashboardMeasures>,
  { select, compare }: FindingActions,
  tip: Tip,
): HTMLElement {
  const soon = (caption: string, make: (m: DashboardMeasures) => HTMLElement) =>
    later(placeholder(caption), measures, make);
  const captions = {
    counts: l10n.t('In the training data and in the samples'),
    growth: l10n.t('Growth with the number of samples'),
    lengths: l10n.t('How long it is'),
  };
  return section(
    'what-drives',
    l10n.t('What drives it'),
    element(
      'div',
      { class: 'figures' },
      soon(captions.counts, (m) => countsFigure(captions.counts, m, { select, compare }, tip)),
      soon(captions.growth, ({ growth }) =>
        figure(
          {
            caption: captions.growth,
            what: 'growth',
            note: l10n.t(
              'Rarefaction: distinct fragments in so many of the samples, with its 95 % interval.',
            ),
            plot: growthPlot(growth, select),
            numbers: {
              head: [l10n.t('samples'), l10n.t('fragments'), l10n.t('95 % interval')],
              rows: growth.map((m) => [
                count(m.nSamples),
                count(m.nFragments),
                countRange({ value: m.nFragments, low: m.low, high: m.high }),
              ]),
            },
          },
          tip,
        ),
      ),
      ...(taxonomy && taxonomy.categories.length > 0
        ? [taxonomyFigure(taxonomy.categories, select, tip)]
        : []),
      soon(captions.lengths, ({ lengths }) =>
        figure(
          {
            caption: captions.lengths,
            what: 'lengths',
            note: l10n.t('Fragments by their number of lines, blank ones not counted.'),
            plot: lengthPlot(lengths, select),
            numbers: {
              head: [l10n.t('lines'), l10n.t('fragments')],
              rows: lengths.map((m) => [linesText(m.fromLines, m.toLines), count(m.nFragments)]),
            },
          },
          tip,
        ),
      ),
    ),
  );
}

function countsFigure(
  caption: string,
  measures: DashboardMeasures,
  { select, compare }: FindingActions,
  tip: Tip,
): HTMLElement {
  const { counts, correlations } = measures;
  const known = correlations.map((c) => `${c.name} ${decimalInterval(c.value)}, ${pValue(c.pValue)}`);
  const leftOff = counts.total - counts.items.length;
  return figure(
    {
      caption,
      what: 'counts',
      note: [
        ...known,
        l10n.t('A circle is the fragments with the same two counts.'),
        ...(leftOff > 0 ? [l10n.t('{0} rarer pairs of counts are not drawn.', count(leftOff))] : []),
      ].join(' · '),
      keys: levelsOf(counts.items).map(({ name, meaning }) => [name, meaning] as const),
      plot: countsPlot(measures, select, compare),
      numbers: {
        head: [l10n.t('in the training data'), l10n.t('in the samples'), l10n.t('fragments')],
        rows: counts.items.map((m) => [count(m.train), count(m.extract), count(m.nFragments)]),
      },
    },
    tip,
  );
}

function taxonomyFigure(
  categories: NonNullable<DashboardOverview['taxonomy']>['categories'],
  select: FindingActions['select'],
  tip: Tip,
): HTMLElement {
  return figure(
    {
      caption: l10n.t('What it is'),
      what: 'kinds',
      note: l10n.t('Kinds of fragments, by rules.'),
      plot: taxonomyPlot(categories, select),
      numbers: {
        head: [l10n.t('kind'), l10n.t('fragments'), l10n.t('licences')],
        rows: categories.map((m) => [
          categoryName(m.category),
          count(m.nFragments),
          m.spdxIds.map(forDom).join(', '),
        ]),
      },
    },
    tip,
  );
}

/** Numbers under a title, with what they are. */
export function panel(title: string, what: Explained, ...content: readonly Node[]): HTMLElement {
  return element('div', { class: 'panel' }, element('h3', {}, title), explain(what), ...content);
}

export function section(id: string, title: string, ...content: readonly Node[]): HTMLElement {
  return element('section', { 'aria-labelledby': id }, element('h2', { id }, title), ...content);
}
