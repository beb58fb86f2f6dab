// Shares of several studies, each with its interval, as what Observable Plot is asked to draw.

import * as Plot from '@observablehq/plot';
import type { ComparedStudy } from '../../protocol/study-comparison.ts';
import { percent, percentRange } from '../numbers.ts';
import type { PlotSpec } from './draw-plot.ts';

export function sharesPlot(
  label: string,
  names: readonly string[],
  studies: readonly ComparedStudy[],
): PlotSpec {
  const rows = studies.map(({ samples }, i) => ({
    name: names[i] ?? '',
    value: 100 * samples.value,
    low: 100 * samples.low,
    high: 100 * samples.high,
  }));
  return {
    label: `${label}.`,
    options: {
      marginLeft: 128,
      marginRight: 32,
      height: Math.max(140, 80 + 36 * rows.length),
      x: { label: '% →', domain: [0, 100], grid: true, ticks: 5 },
      y: { label: null, domain: rows.map(({ name }) => name), padding: 0.4 },
      marks: [
        Plot.link(rows, {
          x1: 'low',
          x2: 'high',
          y1: 'name',
          y2: 'name',
          stroke: 'var(--series-1)',
          strokeWidth: 3,
          strokeOpacity: 0.7,
        }),
        Plot.dot(rows, { className: 'live', x: 'value', y: 'name', r: 5, fill: 'var(--series-1)' }),
      ],
    },
    live: {
      className: 'live',
      marks: studies.map(({ samples }, i) => ({
        text: `${names[i]}: ${percent(samples.value)} (${percentRange(samples)})`,
        press: () => {},
      })),
    },
  };
}
