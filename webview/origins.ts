// The origins of the fragments: repositories, licences, and what of the training data could not be read.

import { forDom } from '../guard/text/for-dom.ts';
import type { Dashboard, DashboardOverview } from '../protocol/dashboard.ts';
import { element } from './element.ts';
import { type FindingActions, panel, section } from './findings.ts';
import { l10n } from './l10n.ts';
import { bytes, count } from './numbers.ts';
import { table } from './simple-table.ts';

export function origins(
  { sources, licenses }: DashboardOverview,
  { select }: Pick<FindingActions, 'select'>,
): HTMLElement {
  const titled = (title: string, total: number, shown: number) =>
    total > shown ? l10n.t('{0} ({1} of {2})', title, count(shown), count(total)) : title;
  return section(
    'origins',
    l10n.t('Where it comes from'),
    element(
      'div',
      { class: 'figures' },
      panel(
        titled(l10n.t('Top sources'), sources.total, sources.items.length),
        'sources',
        table(
          l10n.t('Top sources'),
          [l10n.t('repository'), l10n.t('fragments'), l10n.t('documents'), l10n.t('licences')],
          sources.items.map((s) => ({
            cells: [
              forDom(s.repository) || l10n.t('unknown'),
              count(s.nFragments),
              count(s.nDocuments),
              s.licenses.map(forDom).join(', '),
            ],
            press: () => select({ kind: 'repository', repository: s.repository }),
          })),
        ),
      ),
      panel(
        titled(l10n.t('Licences'), licenses.total, licenses.items.length),
        'sources',
        table(
          l10n.t('Licences'),
          [l10n.t('licence'), l10n.t('fragments'), l10n.t('documents'), l10n.t('repositories')],
          licenses.items.map((l) => ({
            cells: [
              forDom(l.license) || l10n.t('unknown'),
              count(l.nFragments),
              count(l.nDocuments),
              count(l.nRepositories),
            ],
            press: () => select({ kind: 'license', license: l.license }),
          })),
        ),
      ),
    ),
  );
}

/** What could not be read is said even where it is nothing. */
export function dataProblems({ problems, summary, files }: Dashboard, showInTree: () => void): HTMLElement {
  const { total, first } = problems;
  const title = l10n.t('Problems of the data');
  const amounts = [count(summary.nShardsScanned), count(summary.nShards)];
  const scanned =
    summary.map === undefined
      ? l10n.t('{0} of {1} shards were scanned.', ...amounts)
      : l10n.t('{0} of {1} shards were read.', ...amounts);
  const account = files === undefined ? [] : [element('p', {}, forDom(files))];
  if (summary.nShardsScanned === 0) {
    return section('problems', title, element('p', {}, l10n.t('Not known: nothing has been read yet.')));
  }
  if (total === 0) {
    return section('problems', title, element('p', {}, l10n.t('None. {0}', scanned)), ...account);
  }
  return section(
    'problems',
    title,
    element(
      'p',
      {},
      l10n.t('{0}. What could not be read is not counted anywhere above. {1}', count(total), scanned),
    ),
    ...account,
    panel(
      l10n.t('The first {0}', count(first.length)),
      'problems',
      table(
        title,
        [l10n.t('shard'), l10n.t('kind'), l10n.t('at'), l10n.t('what')],
        first.map((p) => ({
          cells: [
            forDom(p.shard),
            p.kind,
            p.byteOffset === null ? '' : bytes(p.byteOffset),
            forDom(p.message),
          ],
          press: showInTree,
        })),
      ),
    ),
  );
}
