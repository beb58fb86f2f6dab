// The plots of an extraction map, as what Observable Plot is asked to draw.

import * as Plot from '@observablehq/plot';
import { calibrationMarks } from '../../plots/calibration-marks.ts';
import type { CalibrationMark, ExtractableMark, MapGroupMark } from '../../protocol/map-dashboard.ts';
import { l10n } from '../l10n.ts';
import { count, percent, percentRange } from '../numbers.ts';
import type { PlotSpec } from './draw-plot.ts';
import { dashes } from './plot-specs.ts';

/** Shares by draws, a line for each least probability. Lines differ by colour and by dashes. */
export function drawsPlot(marks: readonly ExtractableMark[]): PlotSpec {
  const ps = [...new Set(marks.map(({ p }) => p))];
  const most = Math.max(0.01, ...marks.map(({ share }) => share.high));
  const text = ({ n, p, share }: ExtractableMark) =>
    l10n.t(
      'With probability {0} or more in {1} draws: {2} of the windows ({3})',
      p,
      count(n),
      percent(share.value),
      percentRange(share),
    );
  return {
    label: l10n.t('Share of the windows that so many draws give, by the least probability.'),
    options: {
      height: 340,
      marginRight: 24,
      x: { label: l10n.t('draws →'), type: 'log', grid: true, ticks: 6, tickFormat: '~s' },
      y: { label: l10n.t('↑ % of windows'), grid: true, domain: [0, 100 * most], nice: true, ticks: 5 },
      marks: [
        ...ps.map((p, i) =>
          Plot.line(
            marks.filter((mark) => mark.p === p),
            {
              x: 'n',
              y: ({ share }: ExtractableMark) => 100 * share.value,
              stroke: `var(--series-${i + 1})`,
              strokeWidth: 2.25,
              strokeDasharray: dashes[i] ?? '',
            },
          ),
        ),
        Plot.dot(marks, {
          className: 'live',
          x: 'n',
          y: ({ share }: ExtractableMark) => 100 * share.value,
          r: 4,
          fill: ({ p }: ExtractableMark) => `var(--series-${ps.indexOf(p) + 1})`,
        }),
      ],
    },
    live: { className: 'live', marks: marks.map((mark) => ({ text: text(mark), press: () => {} })) },
  };
}

/** The share of each group with its interval, in the order of the groups. */
export function groupsPlot(
  label: string,
  axis: string,
  groups: readonly (MapGroupMark & { readonly name: string })[],
): PlotSpec {
  const rows = groups.map(({ name, extractable }) => ({
    name,
    value: 100 * extractable.value,
    low: 100 * extractable.low,
    high: 100 * extractable.high,
  }));
  return {
    label,
    options: {
      marginBottom: 44,
      x: { label: axis, type: 'band', domain: rows.map(({ name }) => name), padding: 0.3 },
      y: { label: l10n.t('↑ % of windows'), grid: true, zero: true, nice: true, ticks: 5 },
      marks: [
        Plot.barY(rows, {
          className: 'live',
          x: 'name',
          y: 'value',
          fill: 'var(--series-1)',
          fillOpacity: 0.85,
          rx: 2,
        }),
        Plot.link(rows, {
          x1: 'name',
          x2: 'name',
          y1: 'low',
          y2: 'high',
          stroke: 'currentColor',
          strokeWidth: 1.5,
        }),
      ],
    },
    live: {
      className: 'live',
      marks: groups.map(({ name, nWindows, extractable }) => ({
        text: l10n.t(
          '{0}: {1} of {2} windows ({3})',
          name,
          percent(extractable.value),
          count(nWindows),
          percentRange(extractable),
        ),
        press: () => {},
      })),
    },
  };
}

/** A dot that is pressed opens its document. */
export function calibrationPlot(
  { windows, band }: Pick<CalibrationMark, 'windows' | 'band'>,
  openDocument: (documentId: number) => void,
): PlotSpec {
  return {
    label: l10n.t('How often each window came when it was drawn, by its probability.'),
    options: {
      height: 340,
      x: { label: l10n.t('p of the window →'), domain: [0, 1], grid: true, ticks: 5 },
      y: { label: l10n.t('↑ share of draws that gave it'), domain: [0, 1], grid: true, ticks: 5 },
      marks: calibrationMarks(windows, band),
    },
    live: {
      className: 'live',
      marks: windows.map(({ documentId, p, nDraws, nCame, least, most }) => ({
        text: l10n.t(
          'p {0}: came {1} of {2} times, where chance leaves {3} to {4}',
          p.toFixed(2),
          count(nCame),
          count(nDraws),
          count(least),
          count(most),
        ),
        press: () => openDocument(documentId),
      })),
    },
  };
}
