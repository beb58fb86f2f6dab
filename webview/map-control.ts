// The rates of an extraction map beside those of code that the model cannot have seen: what would be guessed anyway.

import type { ControlMark } from '../protocol/map-dashboard.ts';
import { element } from './element.ts';
import { panel, section } from './findings.ts';
import { l10n } from './l10n.ts';
import { count, pointsText, rangeText } from './numbers.ts';
import { table } from './simple-table.ts';

export function mapControl(control: ControlMark): HTMLElement {
  const title = l10n.t('Beside the control');
  return section(
    'control',
    l10n.t('What would be guessed anyway'),
    panel(
      title,
      'control',
      table(
        title,
        [l10n.t('measure'), l10n.t('training data'), l10n.t('control'), l10n.t('excess')],
        control.rows.map((row) => ({
          cells: [rowName(row), rangeText(row.training), rangeText(row.control), pointsText(row.excess)],
        })),
      ),
      element('p', { class: 'note' }, overlapText(control)),
    ),
  );
}

function rowName({ what, n }: ControlMark['rows'][number]): string {
  switch (what) {
    case 'greedy':
      return l10n.t('greedy windows');
    case 'argmax':
      return l10n.t('likeliest tokens');
    case 'extractable':
      return l10n.t('likelier than not among {0} draws', count(n ?? 0));
  }
}

function overlapText({ nWindows, nOverlapping }: ControlMark): string {
  return nOverlapping === null
    ? l10n.t('The control has {0} windows.', count(nWindows))
    : l10n.t(
        'The control has {0} windows, of which {1} stand in the training data too and are no control.',
        count(nWindows),
        count(nOverlapping),
      );
}
