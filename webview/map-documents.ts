// The documents of training data that could be drawn out most.

import { forDom } from '../guard/text/for-dom.ts';
import { evenOdds } from '../protocol/even-odds.ts';
import type { MapDashboard } from '../protocol/map-dashboard.ts';
import { panel, section } from './findings.ts';
import { l10n } from './l10n.ts';
import { count } from './numbers.ts';
import { table } from './simple-table.ts';

export function mapDocuments(
  { items, total }: MapDashboard['documents'],
  openDocument: (documentId: number) => void,
): HTMLElement {
  const title =
    total > items.length
      ? l10n.t('Documents most exposed ({0} of {1})', count(items.length), count(total))
      : l10n.t('Documents most exposed');
  return section(
    'exposed',
    l10n.t('Which documents'),
    panel(
      title,
      'exposed',
      table(
        title,
        [
          l10n.t('document'),
          l10n.t('licence'),
          l10n.t('windows'),
          l10n.t('best p'),
          l10n.t('draws for even odds'),
          l10n.t('expected in 100 draws'),
        ],
        items.map(({ documentId, provenance, nWindows, bestLogp, nExpected }) => ({
          cells: [
            documentName(provenance),
            forDom(provenance.license) || l10n.t('unknown'),
            count(nWindows),
            bestLogp === null ? '0' : String(Number(Math.exp(bestLogp).toPrecision(3))),
            bestLogp === null ? l10n.t('never') : count(evenOdds(bestLogp)),
            nExpected.toFixed(2),
          ],
          press: () => openDocument(documentId),
        })),
      ),
    ),
  );
}

export function documentName({
  repository,
  path,
  shard,
  row,
}: MapDashboard['documents']['items'][number]['provenance']) {
  const named = [repository, path].map(forDom).filter((part) => part !== '');
  return named.length > 0 ? named.join(' · ') : l10n.t('{0} row {1}', forDom(shard), row);
}
