// How often windows came when they were drawn, by their probability: a dot each, beside the line on which they are
// expected and the band that chance leaves, as the dashboard and the HTML report draw it.

import * as Plot from '@observablehq/plot';

export interface CalibrationPlace {
  readonly p: number;
  readonly nDraws: number;
  readonly nCame: number;
}

export interface BandPlace {
  readonly p: number;
  /** Shares of draws that chance leaves in 95 of 100 tries. */
  readonly low: number;
  readonly high: number;
}

/** Both axes go from 0 to 1. The dots are of the class `live`, one a window. */
export const calibrationMarks = (
  windows: readonly CalibrationPlace[],
  band: readonly BandPlace[],
): Plot.Markish[] => [
  Plot.areaY(band, {
    x: 'p',
    y1: 'low',
    y2: 'high',
    fill: 'var(--series-1)',
    fillOpacity: 0.18,
  }),
  Plot.link([0], { x1: 0, y1: 0, x2: 1, y2: 1, stroke: 'currentColor', strokeOpacity: 0.5 }),
  Plot.dot(windows, {
    className: 'live',
    x: 'p',
    y: ({ nCame, nDraws }: CalibrationPlace) => nCame / nDraws,
    r: 3.5,
    fill: 'var(--series-1)',
    stroke: 'currentColor',
    strokeWidth: 0.5,
  }),
];
