// The plots of the HTML report, as SVG text: Observable Plot drawing into a document of linkedom's. Colours
// are CSS variables of the page, so one drawing serves the dark and the light theme.

import * as Plot from '@observablehq/plot';
import { parseHTML } from 'linkedom';
import { type Html, ownMarkup } from '../../guard/text/for-html.ts';
import { type BandPlace, type CalibrationPlace, calibrationMarks } from '../../plots/calibration-marks.ts';
import { growthMarks } from '../../plots/growth-marks.ts';
import type { CurvePoint } from '../analysis/ranking.ts';
import type { GrowthPoint } from '../analysis/rarefaction.ts';
import type { LengthBin } from '../answers/measure-study.ts';

const WIDTH = 560;
const HEIGHT = 320;

/** `label` says in a sentence what the plot shows: it is what a screen reader speaks. */
function draw(label: string, options: Plot.PlotOptions): Html {
  const { document } = parseHTML('<!doctype html><html><body></body></html>');
  const svg = Plot.plot({
    width: WIDTH,
    height: HEIGHT,
    marginLeft: 56,
    marginBottom: 44,
    ...options,
    document,
  });
  svg.setAttribute('role', 'img');
  // The library names its groups for nobody who could hear it: the whole is one picture.
  for (const group of svg.querySelectorAll('g')) group.removeAttribute('aria-label');
  svg.setAttribute('aria-label', label);
  // The plot speaks as one image, and the page has its styles already: its policy allows no others.
  for (const style of svg.querySelectorAll('style')) style.remove();
  return ownMarkup(svg.outerHTML);
}

const colour = (n: number) => `var(--series-${n})`;

export function growthPlot(label: string, growth: readonly GrowthPoint[]): Html {
  return draw(label, {
    x: { label: 'samples', grid: true },
    y: { label: 'distinct fragments', grid: true, zero: true },
    marks: [
      ...growthMarks(growth, 'fragments', { fillOpacity: 0.2, strokeWidth: 2 }),
      Plot.ruleY([0], { stroke: 'currentColor' }),
    ],
  });
}

export const calibrationPlot = (
  label: string,
  windows: readonly CalibrationPlace[],
  band: readonly BandPlace[],
): Html =>
  draw(label, {
    x: { label: 'p of the window', domain: [0, 1], grid: true },
    y: { label: 'share of draws that gave it', domain: [0, 1], grid: true },
    marks: calibrationMarks(windows, band),
  });

export interface Curve {
  readonly title: string;
  readonly points: readonly CurvePoint[];
}

/** Curves differ by colour and by dashes. */
export function curvePlot(
  label: string,
  axes: { readonly x: string; readonly y: string; readonly diagonal: 'chance' | 'none' },
  curves: readonly Curve[],
): Html {
  return draw(label, {
    x: { label: axes.x, domain: [0, 1], grid: true },
    y: { label: axes.y, domain: [0, 1], grid: true },
    marks: [
      ...(axes.diagonal === 'chance'
        ? [Plot.link([0], { x1: 0, y1: 0, x2: 1, y2: 1, stroke: 'currentColor', strokeOpacity: 0.4 })]
        : []),
      ...curves.map(({ points }, i) =>
        Plot.line(points, {
          x: 'x',
          y: 'y',
          stroke: colour(i + 1),
          strokeWidth: 2,
          strokeDasharray: dashes[i] ?? '',
        }),
      ),
    ],
  });
}

/** SVG's dash patterns; the legend draws the same ones. */
const dashes: readonly string[] = ['', '6 3', '2 2', '8 3 2 3', '1 3'];

export function lengthPlot(label: string, bins: readonly LengthBin[]): Html {
  return draw(label, {
    x: { label: 'lines', type: 'band', domain: bins.map(binName) },
    y: { label: 'fragments', grid: true, zero: true },
    marks: [
      Plot.barY(bins, { x: binName, y: 'fragments', fill: colour(1) }),
      Plot.ruleY([0], { stroke: 'currentColor' }),
    ],
  });
}

export const binName = ({ fromLines, toLines }: LengthBin): string => `${fromLines}–${toLines}`;

export function kindPlot(
  label: string,
  kinds: readonly { readonly kind: string; readonly fragments: number }[],
): Html {
  return draw(label, {
    height: 70 + 26 * kinds.length,
    marginLeft: 110,
    x: { label: 'fragments', grid: true, zero: true },
    y: { label: null, domain: kinds.map(({ kind }) => kind) },
    marks: [
      Plot.barX(kinds, { x: 'fragments', y: 'kind', fill: colour(1) }),
      Plot.ruleX([0], { stroke: 'currentColor' }),
    ],
  });
}

export interface TrainExtractPoint {
  readonly train: number;
  readonly extract: number;
  /** Fragments with these two counts. */
  readonly fragments: number;
}

export function trainExtractPlot(label: string, points: readonly TrainExtractPoint[]): Html {
  return draw(label, {
    x: { label: 'occurrences in the training data (log)', type: 'log', grid: true, tickFormat: ',d' },
    y: { label: 'occurrences in the samples (log)', type: 'log', grid: true, tickFormat: ',d' },
    r: { range: [2, 14] },
    inset: 18,
    marks: [
      Plot.dot(points, {
        x: 'train',
        y: 'extract',
        r: 'fragments',
        fill: colour(1),
        fillOpacity: 0.45,
        stroke: colour(1),
      }),
    ],
  });
}

export interface ExtractablePoint {
  readonly n: number;
  readonly p: number;
  readonly share: number;
}

/** A curve for each least probability, named at its end; `points` are in order of n. */
export function extractablePlot(label: string, points: readonly ExtractablePoint[]): Html {
  const curves = [...new Set(points.map(({ p }) => p))];
  const most = points.at(-1)?.n;
  return draw(label, {
    marginRight: 64,
    x: { label: 'draws of each window (log)', type: 'log', grid: true, tickFormat: '~s' },
    y: { label: 'share of windows', grid: true, zero: true, tickFormat: '.0%' },
    marks: [
      Plot.ruleY([0], { stroke: 'currentColor' }),
      ...curves.flatMap((p, i) => {
        const curve = points.filter((point) => point.p === p);
        return [
          Plot.line(curve, {
            x: 'n',
            y: 'share',
            stroke: colour(i + 1),
            strokeWidth: 2,
            strokeDasharray: dashes[i] ?? '',
          }),
          Plot.text(
            curve.filter(({ n }) => n === most),
            {
              x: 'n',
              y: 'share',
              text: () => `p ≥ ${p}`,
              textAnchor: 'start',
              dx: 6,
              dy: 11 * i - 11,
              fill: 'currentColor',
            },
          ),
        ];
      }),
    ],
  });
}
