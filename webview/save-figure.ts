// A figure as files: its drawing without the page's styles, as SVG and PNG, and its numbers as CSV. What is to be done
// with them goes up from the figure as an event, and the page sends it to the extension.

import { forCsv } from '../guard/text/for-csv.ts';
import type { FigureToSave } from '../protocol/dashboard-page.ts';
import { element } from './element.ts';
import { l10n } from './l10n.ts';

export const SAVE_FIGURE = 'verbatim-save-figure';

export interface SavedNumbers {
  readonly head: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

/** The row of things to do below a figure. */
export function saveActions(name: string, stage: HTMLElement, numbers: SavedNumbers): HTMLElement {
  const act = async (how: FigureToSave['how']) => {
    const drawn = stage.querySelector('svg');
    if (drawn === null) return;
    const svg = standalone(drawn);
    const detail: FigureToSave = {
      kind: 'saveFigure',
      how,
      name,
      svg,
      png: how === 'saveFigure' ? await pngOf(svg, drawn) : null,
      csv: csvOf(numbers),
    };
    stage.dispatchEvent(new CustomEvent(SAVE_FIGURE, { bubbles: true, detail }));
  };
  const link = (text: string, how: FigureToSave['how']) => {
    const made = element('button', { class: 'link', type: 'button', 'aria-label': `${text}: ${name}` }, text);
    made.addEventListener('click', () => void act(how));
    return made;
  };
  return element(
    'p',
    { class: 'figure-actions' },
    link(l10n.t('Save Figure…'), 'saveFigure'),
    link(l10n.t('Copy Figure'), 'copyFigure'),
    link(l10n.t('Save Numbers…'), 'saveNumbers'),
    link(l10n.t('Copy Numbers'), 'copyNumbers'),
  );
}

const csvOf = ({ head, rows }: SavedNumbers) =>
  [head, ...rows].map((cells) => `${cells.map((cell) => forCsv(cell)).join(',')}\n`).join('');

/** What the page's style sheet says of a shape, which a file has to say itself. */
const STYLES = [
  'fill',
  'fill-opacity',
  'stroke',
  'stroke-opacity',
  'stroke-width',
  'stroke-dasharray',
  'stroke-linecap',
  'opacity',
  'font-family',
  'font-size',
  'font-weight',
  'text-anchor',
] as const;

const FOR_THE_PAGE = ['class', 'role', 'tabindex', 'aria-label', 'aria-hidden'];

function standalone(drawn: SVGElement): string {
  const copy = drawn.cloneNode(true) as SVGElement;
  const [from, to] = [drawn, copy].map((svg) => [svg, ...svg.querySelectorAll<SVGElement>('*')]);
  for (const [i, shape] of to!.entries()) {
    const style = getComputedStyle(from![i]!);
    for (const name of STYLES) shape.setAttribute(name, style.getPropertyValue(name));
    for (const name of FOR_THE_PAGE) shape.removeAttribute(name);
  }
  const title = document.createElementNS('http://www.w3.org/2000/svg', 'title');
  title.textContent = drawn.getAttribute('aria-label');
  const page = document.createElementNS('http://www.w3.org/2000/svg', 'rect');
  for (const [name, value] of [
    ['width', '100%'],
    ['height', '100%'],
    ['fill', getComputedStyle(document.body).backgroundColor],
  ] as const)
    page.setAttribute(name, value);
  copy.prepend(title, page);
  return new XMLSerializer().serializeToString(copy);
}

/** In base 64, at twice the size; null where the page cannot draw it. */
async function pngOf(svg: string, drawn: SVGElement): Promise<string | null> {
  const { width, height } = drawn.getBoundingClientRect();
  const bytes = new TextEncoder().encode(svg);
  const image = new Image();
  image.src = `data:image/svg+xml;base64,${btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(''))}`;
  try {
    await image.decode();
    const canvas = element('canvas', { width: Math.round(2 * width), height: Math.round(2 * height) });
    canvas.getContext('2d')?.drawImage(image, 0, 0, canvas.width, canvas.height);
    return canvas.toDataURL('image/png').split(',')[1] ?? null;
  } catch {
    return null;
  }
}
