// Draws with Observable Plot and makes its marks usable: each can be pointed at, reached with the keyboard and
// pressed. Colours come from the page's variables; the page's policy allows no styles of Plot's own.

import * as Plot from '@observablehq/plot';
import type { Tip } from './tip.ts';

export interface LiveMark {
  /** The text that a screen reader speaks and a hover shows. */
  readonly text: string;
  readonly press: () => void;
}

export interface PlotSpec {
  /** A sentence that says what is seen. */
  readonly label: string;
  readonly options: Plot.PlotOptions;
  /** The class name of Plot's mark whose shapes are live, and what each datum's shape does. */
  readonly live: { readonly className: string; readonly marks: readonly LiveMark[] };
}

const HEIGHT = 300;

export function drawPlot({ label, options, live }: PlotSpec, width: number, tip: Tip): SVGElement {
  const drawn = Plot.plot({
    width,
    height: HEIGHT,
    marginLeft: 52,
    marginBottom: 40,
    marginTop: 24,
    ...options,
    figure: false,
  } as Plot.PlotOptions) as unknown as SVGElement;
  for (const style of drawn.querySelectorAll('style')) style.remove();
  for (const [name, value] of [
    ['role', 'group'],
    ['aria-label', label],
    ['class', 'plot'],
  ] as const)
    drawn.setAttribute(name, value);
  // Axes and grids repeat what the marks and the table of numbers say.
  for (const group of drawn.querySelectorAll(':scope > g')) {
    if (!group.classList.contains(live.className)) group.setAttribute('aria-hidden', 'true');
    group.removeAttribute('aria-label');
    group.removeAttribute('aria-description');
  }
  enliven(drawn, live.className, live.marks, tip);
  return drawn;
}

/** One stop for the tabulator; arrows go from mark to mark, from left to right. */
function enliven(drawn: SVGElement, className: string, marks: readonly LiveMark[], tip: Tip): void {
  const shapes = [...drawn.querySelectorAll<SVGElement>(`:scope > g.${className} > *`)]
    .map((shape) => ({ shape, mark: marks[datumOf(shape)] }))
    .filter((each): each is { shape: SVGElement; mark: LiveMark } => each.mark !== undefined)
    .sort((a, b) => datumOf(a.shape) - datumOf(b.shape));
  for (const [i, { shape, mark }] of shapes.entries()) {
    shape.classList.add('mark');
    shape.setAttribute('role', 'button');
    shape.setAttribute('aria-label', mark.text);
    shape.setAttribute('tabindex', i === 0 ? '0' : '-1');
    shape.addEventListener('pointerenter', () => tip.show(shape, mark.text));
    shape.addEventListener('pointerleave', () => tip.hide());
    shape.addEventListener('focus', () => tip.show(shape, mark.text));
    shape.addEventListener('blur', () => tip.hide());
    shape.addEventListener('click', () => mark.press());
    shape.addEventListener('keydown', (event) => {
      const next = nextOf(event.key, i, shapes.length);
      if (next === undefined && event.key !== 'Enter' && event.key !== ' ') return;
      event.preventDefault();
      if (next === undefined) mark.press();
      else moveFocus(shape, shapes[next]!.shape);
    });
  }
}

function nextOf(key: string, at: number, n: number): number | undefined {
  switch (key) {
    case 'ArrowRight':
    case 'ArrowDown':
      return Math.min(n - 1, at + 1);
    case 'ArrowLeft':
    case 'ArrowUp':
      return Math.max(0, at - 1);
    case 'Home':
      return 0;
    case 'End':
      return n - 1;
    default:
      return undefined;
  }
}

function moveFocus(from: SVGElement, to: SVGElement): void {
  from.setAttribute('tabindex', '-1');
  to.setAttribute('tabindex', '0');
  to.focus();
}

/** Plot leaves each shape the index of its datum; of a line, the indexes of its points. */
function datumOf(shape: SVGElement): number {
  const datum = (shape as { readonly __data__?: number | readonly number[] }).__data__;
  return typeof datum === 'number' ? datum : (datum?.[0] ?? -1);
}
