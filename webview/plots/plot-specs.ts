// The dashboard's plots, as what Observable Plot is asked to draw and what each mark does when it is pressed.

import * as Plot from '@observablehq/plot';
import type {
  CategoryMark,
  CountsMark,
  CurvePoint,
  DashboardAnswers,
  FragmentSelection,
  GrowthMark,
  LengthMark,
  PredictorCurves,
} from '../../protocol/dashboard.ts';
import { count, countRange, decimalInterval, fragmentsText, linesText } from '../numbers.ts';
import type { PlotSpec } from './draw-plot.ts';

type Select = (selection: FragmentSelection) => void;

/** Steps of occurrences in the corpus, with the colours that the editors mark lines in. */
export const levels = [
  { name: 'once', from: 1, meaning: 'once in the corpus' },
  { name: 'few', from: 2, meaning: '2 to 9 times' },
  { name: 'tens', from: 10, meaning: '10 to 99' },
  { name: 'hundreds', from: 100, meaning: '100 to 999' },
  { name: 'thousands', from: 1000, meaning: '1,000 or more' },
] as const;

const levelOf = (train: number) => levels.findLast(({ from }) => train >= from)!.name;
const levelColour = ({ train }: CountsMark) => `var(--${levelOf(train)})`;

/** Those that some mark has. */
export const levelsOf = (marks: readonly CountsMark[]) =>
  levels.filter(({ name }) => marks.some(({ train }) => levelOf(train) === name));

export function countsPlot(
  { counts, correlations }: DashboardAnswers,
  select: Select,
  compare: (fingerprint: string) => void,
): PlotSpec {
  const marks = [...counts.items].sort((a, b) => a.train - b.train || a.extract - b.extract);
  const known = correlations.map(({ name, value }) => `${name} ${decimalInterval(value)}`).join(', ');
  const text = ({ train, extract, nFragments }: CountsMark) =>
    `${fragmentsText(nFragments)}: ${count(train)} × in the corpus, ${count(extract)} × in the samples`;
  const logOf = (values: readonly number[]) => ({
    type: 'log' as const,
    domain: [1, Math.max(10, ...values)],
    grid: true,
    tickFormat: ',d',
    ticks: 5,
  });
  return {
    label: `Occurrences in the corpus against occurrences in the samples. ${known}.`,
    options: {
      height: 340,
      inset: 16,
      r: { range: [3, 20] },
      x: { label: 'occurrences in the corpus →', ...logOf(marks.map(({ train }) => train)) },
      y: { label: '↑ occurrences in the samples', ...logOf(marks.map(({ extract }) => extract)) },
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
  const start: GrowthMark = { nSamples: 0, nFragments: 0, low: 0, high: 0 };
  const points = [start, ...growth];
  const last = points.at(-1)!;
  return {
    label: `Distinct fragments by the number of samples: ${count(last.nFragments)} at ${count(last.nSamples)}.`,
    options: {
      height: 340,
      x: { label: 'samples →', grid: true, ticks: 6, domain: [0, Math.max(1, last.nSamples)] },
      y: { label: '↑ distinct fragments', grid: true, zero: true, nice: true },
      marks: [
        Plot.areaY(points, {
          x: 'nSamples',
          y1: 'low',
          y2: 'high',
          fill: 'var(--series-1)',
          fillOpacity: 0.18,
        }),
        Plot.lineY(points, {
          x: 'nSamples',
          y: 'nFragments',
          stroke: 'var(--series-1)',
          strokeWidth: 2.5,
        }),
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
        text: `${count(nSamples)} samples: ${count(nFragments)} fragments (${countRange({ value: nFragments, low, high })})`,
        press: () => select({ kind: 'samples', nSamples }),
      })),
    },
  };
}

export function lengthPlot(lengths: readonly LengthMark[], select: Select): PlotSpec {
  const name = ({ fromLines, toLines }: LengthMark) => linesText(fromLines, toLines);
  return {
    label: 'Fragments by their number of lines.',
    options: {
      x: { label: 'lines →', type: 'band', domain: lengths.map(name), padding: 0.25 },
      y: { label: '↑ fragments', grid: true, zero: true, nice: true, ticks: 5 },
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
        text: `${name(mark)} lines: ${fragmentsText(mark.nFragments)}`,
        press: () => select({ kind: 'lines', fromLines: mark.fromLines, toLines: mark.toLines }),
      })),
    },
  };
}

export function taxonomyPlot(categories: readonly CategoryMark[], select: Select): PlotSpec {
  return {
    label: 'Fragments by what they are, by rules.',
    options: {
      marginLeft: 104,
      height: Math.max(160, 64 + 28 * categories.length),
      x: { label: 'fragments →', grid: true, zero: true, nice: true, ticks: 5 },
      y: { label: null, domain: categories.map(({ category }) => category), padding: 0.3 },
      marginRight: 48,
      marks: [
        Plot.barX(categories, {
          className: 'live',
          x: 'nFragments',
          y: 'category',
          fill: 'var(--series-4)',
          fillOpacity: 0.85,
          rx: 2,
        }),
        Plot.text(categories, {
          x: 'nFragments',
          y: 'category',
          text: (mark: CategoryMark) => count(mark.nFragments),
          textAnchor: 'start',
          dx: 6,
        }),
      ],
    },
    live: {
      className: 'live',
      marks: categories.map(({ category, nFragments, spdxIds }) => ({
        text: `${category}: ${fragmentsText(nFragments)}${spdxIds.length > 0 ? ` (${spdxIds.join(', ')})` : ''}`,
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
