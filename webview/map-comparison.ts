// Two extraction maps beside each other: their rates, and which documents one model knows better than the other.

import { forDom } from '../guard/text/for-dom.ts';
import type { ComparedRate, DocumentDifferenceMark, MapsCompared } from '../protocol/map-dashboard.ts';
import { comparisonHeading } from './comparison-heading.ts';
import { element } from './element.ts';
import { panel, section } from './findings.ts';
import { l10n } from './l10n.ts';
import { documentName } from './map-documents.ts';
import { count, pointsText, rangeText } from './numbers.ts';
import { table } from './simple-table.ts';

export function mapComparison(
  compared: MapsCompared,
  openDocument: (documentId: number, map: 0 | 1) => void,
): readonly HTMLElement[] {
  const { warnings, firstKnows, secondKnows } = compared;
  const names = compared.names.map(forDom) as [string, string];
  const documents = (map: 0 | 1, marks: readonly DocumentDifferenceMark[]) => {
    const title = l10n.t('Documents that {0} knows better', names[map]);
    return panel(
      title,
      'knows',
      marks.length === 0
        ? element('p', {}, l10n.t('None.'))
        : table(
            title,
            [l10n.t('document'), l10n.t('windows'), l10n.t('nats a window')],
            marks.map(({ documentId, provenance, nWindows, meanDifference }) => ({
              cells: [documentName(provenance), count(nWindows), meanDifference.toFixed(2)],
              press: () => openDocument(documentId, map),
            })),
          ),
    );
  };
  return [
    ...comparisonHeading(l10n.t('Extraction maps compared'), names.join(' − '), warnings),
    rates(compared, names),
    section(
      'documents',
      l10n.t('Which documents'),
      element('div', { class: 'figures' }, documents(0, firstKnows), documents(1, secondKnows)),
    ),
  ];
}

function rates(
  { nWindows, meanDifference, greedy, extractable }: MapsCompared,
  [first, second]: readonly [string, string],
): HTMLElement {
  const row = (what: string, rate: ComparedRate) => ({
    cells: [what, rangeText(rate.first), rangeText(rate.second), pointsText(rate.difference)],
  });
  const title = l10n.t('Rates');
  const { value, low, high } = meanDifference;
  return section(
    'how-much',
    l10n.t('How much'),
    panel(
      title,
      'mapRates',
      table(
        title,
        [l10n.t('share of windows'), first, second, l10n.t('difference')],
        [
          row(l10n.t('greedy windows'), greedy),
          row(l10n.t('likelier than not among {0} draws', count(100)), extractable),
        ],
      ),
      element(
        'p',
        { class: 'note' },
        l10n.t(
          'Over {0} windows that both maps have, the first model gives a suffix {1} nats more than the second ({2} to {3}).',
          count(nWindows),
          value.toFixed(2),
          low.toFixed(2),
          high.toFixed(2),
        ),
      ),
    ),
  );
}
