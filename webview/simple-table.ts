// A table of few rows, whose rows may be pressed.

import { element } from './element.ts';

export interface TableRow {
  readonly cells: readonly (string | Node)[];
  /** What a press on the row's first cell does; it is a button then. */
  readonly press?: () => void;
}

export function table(name: string, head: readonly string[], rows: readonly TableRow[]): HTMLElement {
  const isNumber = head.map(
    (_, i) => rows.length > 0 && rows.every(({ cells }) => /^[-−]?\d[\d,.]*$/.test(String(cells[i]))),
  );
  const cell = (tag: 'td' | 'th', content: string | Node, i: number) =>
    element(
      tag,
      { ...(isNumber[i] ? { class: 'number' } : {}), ...(tag === 'th' ? { scope: 'col' } : {}) },
      ...breakable(content),
    );
  const body = rows.map(({ cells, press }) => {
    const row = element(
      'tr',
      press ? { class: 'pressable' } : {},
      ...cells.map((content, i) =>
        cell('td', press !== undefined && i === 0 ? pressable(content, press) : content, i),
      ),
    );
    if (press !== undefined) {
      row.addEventListener('click', (event) => {
        if (!(event.target instanceof HTMLButtonElement)) press();
      });
    }
    return row;
  });
  return element(
    'div',
    { class: 'scroll', tabindex: 0, role: 'region', 'aria-label': name },
    element(
      'table',
      {},
      element('thead', {}, element('tr', {}, ...head.map((text, i) => cell('th', text, i)))),
      element('tbody', {}, ...body),
    ),
  );
}

function pressable(content: string | Node, press: () => void): HTMLElement {
  const made = element('button', { class: 'link', type: 'button' }, ...breakable(content));
  made.addEventListener('click', press);
  return made;
}

/** A narrow column breaks a share before its range, a path behind its slashes, and only then inside a word. */
function breakable(content: string | Node): readonly (string | Node)[] {
  if (typeof content !== 'string') return [content];
  const [, share, range] = /^(\S+ %) (\(.+\))$/.exec(content) ?? [];
  if (share !== undefined && range !== undefined) return [whole(share), ' ', whole(range)];
  return content.split(/(?<=\/)/).flatMap((step, i) => (i === 0 ? [step] : [element('wbr', {}), step]));
}

const whole = (text: string) => element('span', { class: 'whole' }, text);
