// How many distinct fragments there are by the number of samples: a line with its band, as the dashboard and the HTML
// report draw it. Both know a page's colours by the same variables.

import * as Plot from '@observablehq/plot';

export interface GrowthPlace {
  readonly nSamples: number;
  readonly low: number;
  readonly high: number;
}

/** `value` names the number of fragments. The line begins where nothing was sampled. */
export function growthMarks<Place extends GrowthPlace>(
  growth: readonly Place[],
  value: keyof Place & string,
  look: { readonly fillOpacity: number; readonly strokeWidth: number },
): Plot.Markish[] {
  const points = [{ nSamples: 0, low: 0, high: 0, [value]: 0 }, ...growth];
  const { fillOpacity, strokeWidth } = look;
  return [
    Plot.areaY(points, { x: 'nSamples', y1: 'low', y2: 'high', fill: 'var(--series-1)', fillOpacity }),
    Plot.lineY(points, { x: 'nSamples', y: value, stroke: 'var(--series-1)', strokeWidth }),
  ];
}
