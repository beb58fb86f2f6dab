// The middle of the dashboard: plots of what drives memorisation, what it is, and where it comes from.

import type { Dashboard, DashboardAnswers, FragmentSelection } from '../protocol/dashboard.ts';
import { element } from './element.ts';
import { figure } from './figure.ts';
import { bytes, count, countRange, decimalInterval, linesText, pValue } from './numbers.ts';
import { countsPlot, growthPlot, lengthPlot, levelsOf, taxonomyPlot } from './plots/plot-specs.ts';
import type { Tip } from './plots/tip.ts';
import { table } from './simple-table.ts';

export interface FindingActions {
  readonly select: (selection: FragmentSelection) => void;
  readonly compare: (fingerprint: string) => void;
}

export function findings(answers: DashboardAnswers, actions: FindingActions, tip: Tip): HTMLElement {
  const { counts, growth, lengths, taxonomy, correlations } = answers;
  const { select, compare } = actions;
  const known = correlations.map((c) => `${c.name} ${decimalInterval(c.value)}, ${pValue(c.pValue)}`);
  const leftOff = counts.total - counts.items.length;
  const figures = [
    figure(
      {
        caption: 'In the corpus and in the samples',
        note: [
          ...known,
          'A circle is the fragments with the same two counts.',
          ...(leftOff > 0 ? [`${count(leftOff)} rarer pairs of counts are not drawn.`] : []),
        ].join(' · '),
        keys: levelsOf(counts.items).map(({ name, meaning }) => [name, meaning] as const),
        plot: countsPlot(answers, select, compare),
        numbers: {
          head: ['in the corpus', 'in the samples', 'fragments'],
          rows: counts.items.map((m) => [count(m.train), count(m.extract), count(m.nFragments)]),
        },
      },
      tip,
    ),
    figure(
      {
        caption: 'Growth with the number of samples',
        note: 'Rarefaction: distinct fragments in so many of the samples, with its 95 % interval.',
        plot: growthPlot(growth, select),
        numbers: {
          head: ['samples', 'fragments', '95 % interval'],
          rows: growth.map((m) => [
            count(m.nSamples),
            count(m.nFragments),
            countRange({ value: m.nFragments, low: m.low, high: m.high }),
          ]),
        },
      },
      tip,
    ),
    ...(taxonomy && taxonomy.categories.length > 0
      ? [
          figure(
            {
              caption: 'What it is',
              note: 'Kinds of fragments, by rules.',
              plot: taxonomyPlot(taxonomy.categories, select),
              numbers: {
                head: ['kind', 'fragments', 'licences'],
                rows: taxonomy.categories.map((m) => [m.category, count(m.nFragments), m.spdxIds.join(', ')]),
              },
            },
            tip,
          ),
        ]
      : []),
    figure(
      {
        caption: 'How long it is',
        note: 'Fragments by their number of lines, blank ones not counted.',
        plot: lengthPlot(lengths, select),
        numbers: {
          head: ['lines', 'fragments'],
          rows: lengths.map((m) => [linesText(m.fromLines, m.toLines), count(m.nFragments)]),
        },
      },
      tip,
    ),
  ];
  return section('what-drives', 'What drives it', element('div', { class: 'figures' }, ...figures));
}

export function origins({ sources, licenses }: DashboardAnswers, { select }: FindingActions): HTMLElement {
  const more = (total: number, shown: number) =>
    total > shown ? ` (${count(shown)} of ${count(total)})` : '';
  return section(
    'origins',
    'Where it comes from',
    element(
      'div',
      { class: 'figures' },
      panel(
        `Top sources${more(sources.total, sources.items.length)}`,
        table(
          'Top sources',
          ['repository', 'fragments', 'documents', 'licences'],
          sources.items.map((s) => ({
            cells: [
              s.repository || 'unknown',
              count(s.nFragments),
              count(s.nDocuments),
              s.licenses.join(', '),
            ],
            press: () => select({ kind: 'repository', repository: s.repository }),
          })),
        ),
      ),
      panel(
        `Licences${more(licenses.total, licenses.items.length)}`,
        table(
          'Licences',
          ['licence', 'fragments', 'documents', 'repositories'],
          licenses.items.map((l) => ({
            cells: [l.license || 'unknown', count(l.nFragments), count(l.nDocuments), count(l.nRepositories)],
            press: () => select({ kind: 'license', license: l.license }),
          })),
        ),
      ),
    ),
  );
}

/** What could not be read is said even where it is nothing. */
export function dataProblems({ problems, summary }: Dashboard, showInTree: () => void): HTMLElement {
  const { total, first } = problems;
  const scanned = `${count(summary.nShardsScanned)} of ${count(summary.nShards)} shards were scanned`;
  if (total === 0) {
    return section('problems', 'Problems of the data', element('p', {}, `None. ${scanned}.`));
  }
  return section(
    'problems',
    'Problems of the data',
    element('p', {}, `${count(total)}. What could not be read is not counted anywhere above; ${scanned}.`),
    panel(
      `The first ${count(first.length)}`,
      table(
        'Problems of the data',
        ['shard', 'kind', 'at', 'what'],
        first.map((p) => ({
          cells: [p.shard, p.kind, p.byteOffset === null ? '' : bytes(p.byteOffset), p.message],
          press: showInTree,
        })),
      ),
    ),
  );
}

export function panel(title: string, ...content: readonly Node[]): HTMLElement {
  return element('div', { class: 'panel' }, element('h3', {}, title), ...content);
}

export function section(id: string, title: string, ...content: readonly Node[]): HTMLElement {
  return element('section', { 'aria-labelledby': id }, element('h2', { id }, title), ...content);
}
