// The dashboard of an extraction map: how much could be drawn out, with how many draws, of what, and of which documents.

import { forDom } from '../guard/text/for-dom.ts';
import type { MapDashboard, MapGroupMark } from '../protocol/map-dashboard.ts';
import type { Measured } from '../protocol/measured.ts';
import { element } from './element.ts';
import { type Explained, explain } from './explain.ts';
import { figure } from './figure.ts';
import { panel, section } from './findings.ts';
import { gauge } from './gauge.ts';
import { l10n } from './l10n.ts';
import { mapCalibration } from './map-calibration.ts';
import { mapControl } from './map-control.ts';
import { mapDocuments } from './map-documents.ts';
import { mapExamined } from './map-examined.ts';
import { count, percent, percentRange, rangeText } from './numbers.ts';
import { drawsPlot, groupsPlot } from './plots/map-plots.ts';
import type { Tip } from './plots/tip.ts';
import { table } from './simple-table.ts';

export interface MapActions {
  readonly openDocument: (documentId: number) => void;
}

export function mapPage(map: MapDashboard, actions: MapActions, tip: Tip): readonly HTMLElement[] {
  if (map.nWindows === 0) {
    const text = l10n.t('No window has been measured, so nothing is said of what could be drawn out.');
    return [element('section', { class: 'panel' }, element('p', {}, text))];
  }
  return [
    howMuch(map),
    curves(map, tip),
    mapDocuments(map.documents, actions.openDocument),
    groups(map),
    ...(map.examined === null ? [] : [mapExamined(map.examined)]),
    mapCalibration(map.calibration, actions.openDocument, tip),
    ...(map.control === null ? [] : [mapControl(map.control)]),
  ];
}

function howMuch({
  greedy,
  argmax,
  extractable,
  nWindows,
  nShort,
  nUnfaithful,
  how,
}: MapDashboard): HTMLElement {
  const { share } = extractable.find(({ n, p }) => n === 100 && p === 0.5)!;
  return section(
    'how-much',
    l10n.t('How much could be drawn out'),
    element(
      'ul',
      { class: 'cards' },
      shareCard('extractable', l10n.t('of windows are likelier than not among 100 draws'), share, 'main'),
      shareCard('greedy', l10n.t('of windows come by greedy decoding'), greedy),
      shareCard('argmax', l10n.t('of the suffixes’ tokens are the likeliest'), argmax),
      element(
        'li',
        { class: 'panel card' },
        element('strong', {}, count(nWindows)),
        element('span', {}, l10n.t('windows of training data')),
        element(
          'small',
          {},
          l10n.t(
            'documents left out: {0} shorter than a window, {1} that the tokenizer does not give back',
            count(nShort),
            count(nUnfaithful),
          ),
        ),
        explain('windows'),
      ),
    ),
    element('p', { class: 'note' }, l10n.t('{0}. Ranges are 95 % intervals, by drawing documents.', how)),
  );
}

function shareCard(what: Explained, title: string, share: Measured, main?: 'main'): HTMLElement {
  return element(
    'li',
    { class: `panel card${main === undefined ? '' : ' main'}` },
    element('strong', {}, percent(share.value)),
    element('span', {}, title),
    element('small', {}, percentRange(share)),
    gauge(share),
    explain(what),
  );
}

function curves({ extractable, byCopies }: MapDashboard, tip: Tip): HTMLElement {
  const ps = [...new Set(extractable.map(({ p }) => p))];
  const copies = (byCopies ?? []).map((group) => ({ ...group, name: forDom(group.group) }));
  const captions = {
    draws: l10n.t('By the number of draws'),
    copies: l10n.t('By copies in the training data'),
  };
  return section(
    'draws',
    l10n.t('What drives it'),
    element(
      'div',
      { class: 'figures' },
      figure(
        {
          caption: captions.draws,
          what: 'draws',
          note: l10n.t('A line for each least probability of being drawn at least once.'),
          keys: ps.map((p, i) => [`series-${i + 1}`, `p ≥ ${p}`] as const),
          plot: drawsPlot(extractable),
          numbers: {
            head: [l10n.t('draws'), ...ps.map((p) => `p ≥ ${p}`)],
            rows: [...new Set(extractable.map(({ n }) => n))].map((n) => [
              count(n),
              ...extractable.filter((mark) => mark.n === n).map(({ share }) => rangeText(share)),
            ]),
          },
        },
        tip,
      ),
      ...(copies.length === 0
        ? []
        : [
            figure(
              {
                caption: captions.copies,
                what: 'copies',
                note: l10n.t(
                  'Windows by how often their text stands in the training data; lines are intervals.',
                ),
                plot: groupsPlot(
                  l10n.t('Share of the windows that are likelier than not among 100 draws, by copies.'),
                  l10n.t('copies →'),
                  copies,
                ),
                numbers: groupNumbers(l10n.t('copies'), copies),
              },
              tip,
            ),
          ]),
    ),
  );
}

const groupNumbers = (what: string, groups: readonly (MapGroupMark & { readonly name: string })[]) => ({
  head: [what, l10n.t('windows'), l10n.t('greedy'), l10n.t('among 100 draws')],
  rows: groups.map(({ name, nWindows, greedy, extractable }) => [
    name,
    count(nWindows),
    rangeText(greedy),
    rangeText(extractable),
  ]),
});

function groups({ byLicense, byRepository, byFileType }: MapDashboard): HTMLElement {
  const one = (title: string, what: string, marks: readonly MapGroupMark[]) => {
    const named = marks.map((mark) => ({ ...mark, name: forDom(mark.group) || l10n.t('unknown') }));
    const { head, rows } = groupNumbers(what, named);
    return panel(
      title,
      'groups',
      table(
        title,
        head,
        rows.map((cells) => ({ cells })),
      ),
    );
  };
  return section(
    'groups',
    l10n.t('Of what'),
    element(
      'div',
      { class: 'figures' },
      one(l10n.t('By licence'), l10n.t('licence'), byLicense),
      one(l10n.t('By repository'), l10n.t('repository'), byRepository),
      one(l10n.t('By file type'), l10n.t('file type'), byFileType),
    ),
  );
}
