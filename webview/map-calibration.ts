// Whether windows come as often as a map says: a dot each against the band that chance leaves.

import type { CalibrationMark } from '../protocol/map-dashboard.ts';
import { element } from './element.ts';
import { explain } from './explain.ts';
import { figure } from './figure.ts';
import { section } from './findings.ts';
import { l10n } from './l10n.ts';
import { count, percent } from './numbers.ts';
import { calibrationPlot } from './plots/map-plots.ts';
import type { Tip } from './plots/tip.ts';

export function mapCalibration(
  calibration: CalibrationMark | null,
  openDocument: (documentId: number) => void,
  tip: Tip,
): HTMLElement {
  const title = l10n.t('Whether windows come as often as this says');
  if (calibration === null) return section('calibration', title, notTried());
  const { byProbability } = calibration;
  return section(
    'calibration',
    title,
    element(
      'div',
      { class: 'figures' },
      figure(
        {
          caption: l10n.t('The map against the sampler'),
          what: 'calibration',
          note: verdict(calibration),
          keys: [['series-1', l10n.t('a window; in the band lie 95 of 100, if p is right')]],
          plot: calibrationPlot(calibration, openDocument),
          numbers: {
            head: [l10n.t('p'), l10n.t('windows'), l10n.t('draws'), l10n.t('expected'), l10n.t('came')],
            rows: byProbability.map(({ least, most, nWindows, nDraws, nExpected, nCame }) => [
              `${least}–${most}`,
              ...[nWindows, nDraws, Math.round(nExpected), nCame].map(count),
            ]),
          },
        },
        tip,
      ),
    ),
  );
}

function notTried(): HTMLElement {
  const text = l10n.t(
    'The sampler drew no windows of this map. A map that is made with “calibrate” (--calibrate 100) draws so many of them 200 times each, and shows here how often they came.',
  );
  return element('div', { class: 'panel' }, explain('calibration'), element('p', {}, text));
}

function verdict({ windows, nDraws, nCame, nExpected, nInside, chiSquare, chance }: CalibrationMark): string {
  return l10n.t(
    '{0} windows, {1} draws: {2} gave the suffix, and the map expects {3}. {4} windows lie in the band. χ² is {5}; chance alone gives as much in {6} of tries.',
    count(windows.length),
    count(nDraws),
    count(nCame),
    count(Math.round(nExpected)),
    count(nInside),
    chiSquare.toFixed(1),
    percent(chance),
  );
}
