// The dashboard's plots, as what Observable Plot is asked to draw and what each mark does when it is pressed.

import * as Plot from '@observablehq/plot';
import { forDom } from '../../guard/text/for-dom.ts';
import { growthMarks } from '../../plots/growth-marks.ts';
import type {
  CategoryMark,
  CountsMark,
  CurvePoint,
  DashboardMeasures,
  FragmentSelection,
  GrowthMark,
  LengthMark,
  PredictorCurves,
} from '../../protocol/dashboard.ts';
import { categoryName } from '../category-name.ts';
import { l10n } from '../l10n.ts';
import {
  count,
  countRange,
  countsText,
  decimalInterval,
  fragmentsText,
  linesText,
  samplesText,
} from '../numbers.ts';
import type { PlotSpec } from './draw-plot.ts';

type Select = (selection: FragmentSelection) => void;

/** Steps of occurrences in the corpus, with the colours that the editors mark lines in. */
const levels = [
  { name: 'once', from: 1 },
  { name: 'few', from: 2 },
  { name: 'tens', from: 10 },
  { name: 'hundreds', from: 100 },
  { name: 'thousands', from: 1000 },
] as const;

type Level = (typeof levels)[number]['name'];

function meaningOf(level: Level): string {
  switch (level) {
    case 'once':
      return l10n.t('once in the training data');
    case 'few':
      return l10n.t('2 to 9 times');
    case 'tens':
      return l10n.t('10 to 99');
    case 'hundreds':
      return l10n.t('100 to 999');
    case 'thousands':
      return l10n.t('1,000 or more');
  }
}

const levelOf = (train: number) => levels.findLast(({ from }) => train >= from)!.name;
const levelColour = ({ train }: CountsMark) => `var(--${levelOf(train)})`;

/** The steps that some mark has. */
export const levelsOf = (marks: readonly CountsMark[]) =>
  levels
    .filter(({ name }) => marks.some(({ train }) => levelOf(train) === name))
    .map(({ name }) => ({ name, meaning: meaningOf(name) }));

export function countsPlot(
  { counts, correlations }: DashboardMeasures,
  select: Select,
  compare: (fingerprint: string) => void,
): PlotSpec {
  const marks = [...counts.items].sort((a, b) => a.train - b.train || a.extract - b.extract);
  const known = correlations.map(({ name, value }) => `${name} ${decimalInterval(value)}`).join(', ');
  const text = ({ train, extract, nFragments }: CountsMark) =>
    l10n.t('{0}: {1}', fragmentsText(nFragments), countsText(train, extract));
  const logOf = (values: readonly number[]) => ({
    type: 'log' as const,
    domain: [1, Math.max(10, ...values)],
    grid: true,
    tickFormat: ',d',
    ticks: 5,
  });
  return {
    label: l10n.t('Occurrences in the training data against occurrences in the samples. {0}.', known),
    options: {
      height: 340,
      inset: 16,
      r: { range: [3, 20] },
      x: { label: l10n.t('occurrences in the training data →'), ...logOf(marks.map(({ train }) => train)) },
      y: { label: l10n.t('↑ occurrences in the samples'), ...logOf(marks.map(({ extract }) => extract)) },
      marks: [
        Plot.dot(marks, {
          className: 'live',
          x: 'train',
          y: 'extract',
          r: 'nFragments',
          fill: levelColour,
          stroke: levelColour,
          fillOpacity: 0.5,
          strokeWidth: 1.5,
        }),
      ],
    },
    live: {
      className: 'live',
      marks: marks.map((mark) => ({
        text: text(mark),
        press: () =>
          mark.nFragments === 1
            ? compare(mark.fingerprint)
            : select({ kind: 'counts', train: mark.train, extract: mark.extract }),
      })),
    },
  };
}

export function growthPlot(growth: readonly GrowthMark[], select: Select): PlotSpec {
  const last = growth.at(-1) ?? { nSamples: 0, nFragments: 0 };
  return {
    label: l10n.t(
      'Distinct fragments by the number of samples: {0} at {1}.',
      count(last.nFragments),
      count(last.nSamples),
    ),
    options: {
      height: 340,
      x: { label: l10n.t('samples →'), grid: true, ticks: 6, domain: [0, Math.max(1, last.nSamples)] },
      y: { label: l10n.t('↑ distinct fragments'), grid: true, zero: true, nice: true },
      marks: [
        ...growthMarks(growth, 'nFragments', { fillOpacity: 0.18, strokeWidth: 2.5 }),
        Plot.dot(growth, {
          className: 'live',
          x: 'nSamples',
          y: 'nFragments',
          r: 3.5,
          fill: 'var(--series-1)',
        }),
      ],
    },
    live: {
      className: 'live',
      marks: growth.map(({ nSamples, nFragments, low, high }) => ({
        text: l10n.t(
          '{0}: {1} ({2})',
          samplesText(nSamples),
          fragmentsText(nFragments),
          countRange({ value: nFragments, low, high }),
        ),
        press: () => select({ kind: 'samples', nSamples }),
      })),
    },
  };
}

export function lengthPlot(lengths: readonly LengthMark[], select: Select): PlotSpec {
  const name = ({ fromLines, toLines }: LengthMark) => linesText(fromLines, toLines);
  return {
    label: l10n.t('Fragments by their number of lines.'),
    options: {
      x: { label: l10n.t('lines →'), type: 'band', domain: lengths.map(name), padding: 0.25 },
      y: { label: l10n.t('↑ fragments'), grid: true, zero: true, nice: true, ticks: 5 },
      marks: [
        Plot.barY(lengths, {
          className: 'live',
          x: name,
          y: 'nFragments',
          fill: 'var(--series-1)',
          fillOpacity: 0.85,
          rx: 2,
        }),
        Plot.text(lengths, {
          x: name,
          y: 'nFragments',
          text: (mark: LengthMark) => count(mark.nFragments),
          dy: -8,
        }),
      ],
    },
    live: {
      className: 'live',
      marks: lengths.map((mark) => ({
        text: l10n.t('{0} lines: {1}', name(mark), fragmentsText(mark.nFragments)),
        press: () => select({ kind: 'lines', fromLines: mark.fromLines, toLines: mark.toLines }),
      })),
    },
  };
}

export function taxonomyPlot(categories: readonly CategoryMark[], select: Select): PlotSpec {
  const nameOf = ({ category }: CategoryMark) => categoryName(category);
  return {
    label: l10n.t('Fragments by what they are, by rules.'),
    options: {
      marginLeft: 128,
      height: Math.max(160, 64 + 28 * categories.length),
      x: { label: l10n.t('fragments →'), grid: true, zero: true, nice: true, ticks: 5 },
      y: { label: null, domain: categories.map(({ category }) => categoryName(category)), padding: 0.3 },
      marginRight: 48,
      marks: [
        Plot.barX(categories, {
          className: 'live',
          x: 'nFragments',
          y: nameOf,
          fill: 'var(--series-4)',
          fillOpacity: 0.85,
          rx: 2,
        }),
        Plot.text(categories, {
          x: 'nFragments',
          y: nameOf,
          text: (mark: CategoryMark) => count(mark.nFragments),
          textAnchor: 'start',
          dx: 6,
        }),
      ],
    },
    live: {
      className: 'live',
      marks: categories.map(({ category, nFragments, spdxIds }) => ({
        text: [
          l10n.t('{0}: {1}', categoryName(category), fragmentsText(nFragments)),
          ...(spdxIds.length > 0 ? [`(${spdxIds.map(forDom).join(', ')})`] : []),
        ].join(' '),
        press: () => select({ kind: 'category', category }),
      })),
    },
  };
}

/** Curves differ by colour and by dashes, as in the legend. */
export const dashes: readonly string[] = ['', '6 3', '2 2', '8 3 2 3', '1 3'];

export function curvesPlot(
  axes: { readonly title: string; readonly x: string; readonly y: string; readonly chance: 'drawn' | 'none' },
  curves: readonly {
    readonly predictor: PredictorCurves;
    readonly series: number;
    readonly points: readonly CurvePoint[];
    readonly text: string;
  }[],
  choose: (series: number) => void,
): PlotSpec {
  const all = curves.flatMap(({ points, series }) => points.map(({ x, y }) => ({ x, y, series })));
  // A line's datum is its first point, so the marks are where those are.
  const marks = curves.flatMap(({ points, series, text }) =>
    points.map(() => ({ text, press: () => choose(series) })),
  );
  const bySeries = (channel: (series: number) => string) => (point: { readonly series: number }) =>
    channel(point.series);
  return {
    label: `${axes.title}: ${curves.map(({ text }) => text).join('; ')}.`,
    options: {
      x: { label: `${axes.x} →`, domain: [0, 1], grid: true, ticks: 5 },
      y: { label: `↑ ${axes.y}`, domain: [0, 1], grid: true, ticks: 5 },
      marks: [
        ...(axes.chance === 'drawn'
          ? [Plot.link([0], { x1: 0, y1: 0, x2: 1, y2: 1, stroke: 'currentColor', strokeOpacity: 0.4 })]
          : []),
        ...curves.map(({ points, series }) =>
          Plot.line(points, {
            x: 'x',
            y: 'y',
            stroke: `var(--series-${series + 1})`,
            strokeWidth: 2.25,
            strokeDasharray: dashes[series] ?? '',
          }),
        ),
        // Wide enough to be hit with a mouse.
        Plot.line(all, {
          className: 'live',
          x: 'x',
          y: 'y',
          z: 'series',
          stroke: bySeries((series) => `var(--series-${series + 1})`),
          strokeOpacity: 0,
          strokeWidth: 12,
        }),
      ],
    },
    live: { className: 'live', marks },
  };
}
