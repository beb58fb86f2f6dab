// The windows of an extraction map that were looked at more closely: gone on with greedily, and put behind prefixes of others.

import type { MapDashboard } from '../protocol/map-dashboard.ts';
import { panel, section } from './findings.ts';
import { l10n } from './l10n.ts';
import { count, rangeText } from './numbers.ts';
import { table } from './simple-table.ts';

export function mapExamined(examined: NonNullable<MapDashboard['examined']>): HTMLElement {
  const { nWindows, verbatim, nearVerbatim, prior } = examined;
  const title = l10n.t('{0} windows, drawn at random', count(nWindows));
  const rows: readonly (readonly [string, string])[] = [
    [l10n.t('greedy decoding gives the suffix word for word'), rangeText(verbatim)],
    [l10n.t('greedy decoding gives all but a tenth of its tokens'), rangeText(nearVerbatim)],
    ...(prior === null
      ? []
      : [
          [
            l10n.t('likelier than not among 100 draws, behind its own prefix'),
            rangeText(prior.extractable),
          ] as const,
          [l10n.t('the same, behind unrelated prefixes'), rangeText(prior.extractableUnrelated)] as const,
          [
            l10n.t('what its own prefix adds, in nats a window'),
            l10n.t(
              '{0} ({1} to {2})',
              prior.gain.value.toFixed(1),
              prior.gain.low.toFixed(1),
              prior.gain.high.toFixed(1),
            ),
          ] as const,
        ]),
  ];
  return section(
    'closer',
    l10n.t('Looked at more closely'),
    panel(
      title,
      'closer',
      table(
        title,
        [l10n.t('measure'), l10n.t('of these windows')],
        rows.map((cells) => ({ cells })),
      ),
    ),
  );
}
