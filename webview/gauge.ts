// A share as a bar with its interval.

import type { Measured } from '../protocol/measured.ts';
import { element, svg } from './element.ts';

/** The share as a bar, with its interval over it. The numbers beside it say the same. */
export function gauge({ value, low, high }: Measured): HTMLElement {
  const at = (share: number) => 100 * Math.min(1, Math.max(0, share));
  const bar = (name: string, x: number, y: number, width: number, height: number) =>
    svg('rect', { class: name, x, y, width: Math.max(0, width), height });
  const drawn = svg(
    'svg',
    { viewBox: '0 0 100 10', preserveAspectRatio: 'none', 'aria-hidden': 'true' },
    bar('track', 0, 2, 100, 6),
    bar('value', 0, 2, at(value), 6),
    bar('interval', at(low), 4, at(high) - at(low), 2),
  );
  return element('div', { class: 'gauge' }, drawn);
}
