// A plot in its frame: a caption, the drawing as wide as there is room, and its numbers for whoever wants them
// or cannot see it.

import { element, svg } from './element.ts';
import { type Explained, explain } from './explain.ts';
import { l10n } from './l10n.ts';
import { drawPlot, type PlotSpec } from './plots/draw-plot.ts';
import type { Tip } from './plots/tip.ts';
import { saveActions } from './save-figure.ts';
import { table } from './simple-table.ts';

export interface FigureSpec {
  readonly caption: string;
  readonly what: Explained;
  readonly note?: string;
  /** Classes of the style sheet, each with what its colour means. */
  readonly keys?: readonly (readonly [className: string, meaning: string])[];
  readonly plot: PlotSpec;
  readonly numbers: { readonly head: readonly string[]; readonly rows: readonly (readonly string[])[] };
}

const NUMBERS_SHOWN = 200;

export function figure({ caption, what, note, keys, plot, numbers }: FigureSpec, tip: Tip): HTMLElement {
  const stage = element('div', { class: 'stage' });
  const rows = numbers.rows.slice(0, NUMBERS_SHOWN);
  const details = element(
    'details',
    {},
    element(
      'summary',
      {},
      l10n.t('Numbers'),
      element('span', { class: 'hidden-text' }, l10n.t(' of {0}', caption)),
    ),
    table(
      caption,
      numbers.head,
      rows.map((cells) => ({ cells })),
    ),
  );
  redrawOnResize(stage, (width) => stage.replaceChildren(drawPlot(plot, width, tip)));
  return element(
    'figure',
    { class: 'panel' },
    element(
      'figcaption',
      {},
      element('h3', {}, caption),
      ...(note ? [element('p', { class: 'note' }, note)] : []),
      ...(keys ? [element('ul', { class: 'keys' }, ...keys.map(keyItem))] : []),
    ),
    explain(what),
    stage,
    saveActions(caption, stage, numbers),
    details,
  );
}

function keyItem([className, meaning]: readonly [string, string]): HTMLElement {
  const dot = svg('circle', { class: className, cx: 5, cy: 5, r: 4 });
  return element('li', {}, svg('svg', { viewBox: '0 0 10 10', 'aria-hidden': 'true' }, dot), meaning);
}

/** Draws anew for another width, but not for a few pixels while a mark has the keyboard's focus: the drawing scales. */
function redrawOnResize(stage: HTMLElement, draw: (width: number) => void): void {
  let drawn = 0;
  new ResizeObserver(([entry]) => {
    const width = Math.floor(entry?.contentRect.width ?? 0);
    if (width < 1 || Math.abs(width - drawn) < 24) return;
    drawn = width;
    draw(width);
  }).observe(stage);
}
