// The rates beside what would match anyway: code that the model cannot have seen, samples without those that only repeat
// themselves, and samples by how often the training data holds what they repeat.

import type { AnywayMarks, AnywayRates, DashboardMeasures } from '../protocol/dashboard.ts';
import { element } from './element.ts';
import { panel, section } from './findings.ts';
import { l10n } from './l10n.ts';
import { later, placeholder } from './later.ts';
import { count, pointsText, rangeText } from './numbers.ts';
import { type TableRow, table } from './simple-table.ts';

export function anyway(measures: Promise<DashboardMeasures>): HTMLElement {
  const title = l10n.t('What would match anyway');
  return section(
    'anyway',
    title,
    later(placeholder(title), measures, (m) => {
      const head = [l10n.t('rates'), l10n.t('of samples'), l10n.t('of lines'), l10n.t('of windows')];
      const caption = l10n.t('The rates, and beside them');
      return panel(caption, 'anyway', table(caption, head, rowsOf(m.anyway)), ...overlap(m.anyway));
    }),
  );
}

function rowsOf({ all, control, loops, byCopies }: AnywayMarks): readonly TableRow[] {
  const row = (name: string, { samples, lines, windows }: AnywayRates) => ({
    cells: [name, rangeText(samples), rangeText(lines), windows === null ? '' : rangeText(windows)],
  });
  return [
    row(l10n.t('all samples'), all),
    ...(control === null
      ? []
      : [
          row(l10n.t('the control ({0} documents)', count(control.nDocuments)), control),
          {
            cells: [
              l10n.t('beyond the control'),
              pointsText(control.excess.samples),
              pointsText(control.excess.lines),
              control.excess.windows === null ? '' : pointsText(control.excess.windows),
            ],
          },
        ]),
    ...(loops.nSamples === 0
      ? []
      : [row(l10n.t('without {0} samples that only repeat themselves', count(loops.nSamples)), loops)]),
    ...byCopies.map(({ least, most, nFragments, samples: own }) => ({
      cells: [timesText(nFragments, least, most), rangeText(own), '', ''],
    })),
  ];
}

function timesText(nFragments: number, least: number, most: number | null): string {
  if (most === null)
    return l10n.t(
      '{0} fragments that the training data holds {1} times or more',
      count(nFragments),
      count(least),
    );
  return least === most
    ? l10n.t('{0} fragments that the training data holds once', count(nFragments))
    : l10n.t(
        '{0} fragments that the training data holds {1} to {2} times',
        count(nFragments),
        count(least),
        count(most),
      );
}

function overlap({ control }: AnywayMarks): readonly HTMLElement[] {
  if (control === null || control.nWhole === 0) return [];
  const text = l10n.t(
    'All lines of {0} of the control’s documents stand in the training data: these are no control.',
    count(control.nWhole),
  );
  return [element('p', { class: 'note' }, text)];
}
