// The fragments behind a mark, as a grid that draws only the rows that are seen and asks for pages as they come
// into view: a million rows cost what forty do. One stop for the tabulator; arrows move, Enter compares.

import { forDom } from '../guard/text/for-dom.ts';
import type { FragmentSelection } from '../protocol/dashboard.ts';
import type { FragmentOrder, FragmentRow, Page } from '../protocol/fragments.ts';
import { element } from './element.ts';
import { explain } from './explain.ts';
import { l10n } from './l10n.ts';
import { count, fragmentsText, selectionText } from './numbers.ts';
import { button, tag } from './ui.ts';
import { ROW_PX, rowAt, scrollTopOf, virtualWindow } from './virtual-window.ts';

export interface TableChoice {
  readonly selection: FragmentSelection;
  readonly order: FragmentOrder;
}

export interface FragmentTableActions {
  readonly load: (choice: TableChoice, offset: number, limit: number) => Promise<Page<FragmentRow>>;
  readonly compare: (fingerprint: string) => void;
  /** Called when what is shown has changed. */
  readonly onChoice: () => void;
  readonly onScroll: () => void;
}

const PAGE = 100;
/** Pages that are kept; what was scrolled past is asked for again. */
const PAGES_KEPT = 12;
const HEADER_PX = 32;

interface Column {
  readonly title: string;
  readonly order?: FragmentOrder;
  readonly cell: (row: FragmentRow) => string;
}

const columns = (): readonly Column[] => [
  { title: l10n.t('fragment'), cell: ({ firstLine }) => forDom(firstLine).trim() },
  { title: l10n.t('in training data'), order: 'train', cell: ({ train }) => count(train) },
  { title: l10n.t('in samples'), order: 'extract', cell: ({ extract }) => count(extract) },
  {
    title: l10n.t('lines'),
    order: 'length',
    cell: ({ nLines, clipped }) => `${nLines}${clipped ? '+' : ''}`,
  },
  { title: l10n.t('repositories'), cell: ({ nRepositories }) => count(nRepositories) },
  { title: l10n.t('documents'), cell: ({ nDocuments }) => count(nDocuments) },
];

export class FragmentTable {
  readonly element: HTMLElement;
  readonly #actions: FragmentTableActions;
  readonly #columns = columns();
  readonly #header = element('div', { role: 'row', class: 'row head', 'aria-rowindex': 1 });
  readonly #body = element('div', { role: 'rowgroup', class: 'body' });
  readonly #grid = element('div', {
    role: 'grid',
    class: 'grid',
    tabindex: 0,
    'aria-label': l10n.t('Fragments'),
  });
  readonly #choice = element('p', { class: 'choice', 'aria-live': 'polite' });
  readonly #pages = new Map<number, readonly FragmentRow[]>();
  readonly #loading = new Set<number>();
  /** Answers to an earlier choice are dropped. */
  #generation = 0;
  #total = 0;
  #active = 0;
  #awaitedTop = 0;
  #shown: TableChoice;

  constructor(choice: TableChoice, actions: FragmentTableActions) {
    this.#shown = choice;
    this.#actions = actions;
    this.#grid.append(element('div', { role: 'rowgroup', class: 'headers' }, this.#header), this.#body);
    this.#grid.addEventListener('scroll', () => {
      this.#draw();
      actions.onScroll();
    });
    this.#grid.addEventListener('keydown', (event) => this.#onKey(event));
    new ResizeObserver(() => this.#draw()).observe(this.#grid);
    this.element = element(
      'div',
      { class: 'panel fragments' },
      explain('occurrences'),
      this.#choice,
      this.#grid,
    );
    this.#drawHeader();
    void this.#load(0);
  }

  get choice(): TableChoice {
    return this.#shown;
  }

  get scrollTop(): number {
    return this.#awaitedTop || this.#grid.scrollTop;
  }

  /** Shows other fragments from the first one on. */
  show(choice: TableChoice): void {
    this.#shown = choice;
    this.#generation++;
    this.#pages.clear();
    this.#loading.clear();
    this.#active = 0;
    this.#awaitedTop = 0;
    this.#grid.scrollTop = 0;
    this.#drawHeader();
    this.#actions.onChoice();
    void this.#load(0);
  }

  /** Scrolls back to where the table was, once there are rows. */
  scrollTo(scrollTop: number): void {
    this.#awaitedTop = scrollTop;
  }

  focus(): void {
    this.#grid.focus({ preventScroll: true });
  }

  async #load(page: number): Promise<void> {
    if (this.#pages.has(page) || this.#loading.has(page)) return;
    const generation = this.#generation;
    this.#loading.add(page);
    const { items, total } = await this.#actions.load(this.#shown, page * PAGE, PAGE);
    if (generation !== this.#generation) return;
    this.#loading.delete(page);
    this.#pages.set(page, items);
    if (this.#pages.size > PAGES_KEPT) this.#pages.delete(this.#pages.keys().next().value!);
    this.#total = total;
    this.#active = Math.max(0, Math.min(total - 1, this.#active));
    this.#drawChoice();
    this.#draw();
    if (this.#awaitedTop > 0) {
      this.#grid.scrollTop = this.#awaitedTop;
      this.#awaitedTop = 0;
    }
  }

  #drawHeader(): void {
    const { order } = this.#shown;
    const cells = this.#columns.map((column) => {
      const isSorted = column.order === order;
      const cell = element(
        'div',
        { role: 'columnheader', ...(isSorted ? { 'aria-sort': 'descending' } : {}) },
        column.order === undefined
          ? column.title
          : this.#sortButton(`${column.title}${isSorted ? ' ↓' : ''}`, column.order),
      );
      return cell;
    });
    this.#header.replaceChildren(...cells);
    this.#drawChoice();
  }

  #sortButton(title: string, order: FragmentOrder): HTMLElement {
    const made = element('button', { class: 'link', type: 'button' }, title);
    made.addEventListener('click', () => this.show({ ...this.#shown, order }));
    return made;
  }

  #drawChoice(): void {
    const { selection, order } = this.#shown;
    const isAll = selection.kind === 'all';
    this.#choice.replaceChildren(
      element('span', {}, fragmentsText(this.#total)),
      ...(isAll
        ? []
        : [
            tag(selectionText(selection)),
            button(l10n.t('Show All'), 'secondary', () => this.show({ selection: { kind: 'all' }, order })),
          ]),
      element('span', { class: 'note' }, l10n.t('Enter or a click opens one beside its source.')),
    );
  }

  get #viewPx(): number {
    return Math.max(0, this.#grid.clientHeight - HEADER_PX);
  }

  #draw(): void {
    const { first, end, topPx, bodyPx } = virtualWindow(this.#grid.scrollTop, this.#viewPx, this.#total);
    const rows: HTMLElement[] = [];
    for (let i = first; i < end; i++) rows.push(this.#row(i, topPx + (i - first) * ROW_PX));
    this.#grid.setAttribute('aria-rowcount', String(this.#total + 1));
    this.#body.style.height = `${bodyPx}px`;
    this.#body.replaceChildren(...rows);
    const isDrawn = this.#active >= first && this.#active < end;
    if (isDrawn) this.#grid.setAttribute('aria-activedescendant', rowId(this.#active));
    else this.#grid.removeAttribute('aria-activedescendant');
    for (let page = Math.floor(first / PAGE); page * PAGE < end; page++) void this.#load(page);
  }

  #row(index: number, topPx: number): HTMLElement {
    const fragment = this.#pages.get(Math.floor(index / PAGE))?.[index % PAGE];
    const isActive = index === this.#active;
    const cells = this.#columns.map((column, i) =>
      element('div', { role: 'gridcell' }, fragment ? column.cell(fragment) : i === 0 ? '…' : ''),
    );
    const row = element(
      'div',
      {
        role: 'row',
        id: rowId(index),
        class: isActive ? 'row active' : 'row',
        'aria-rowindex': index + 2,
        'aria-selected': String(isActive),
      },
      ...cells,
    );
    row.style.translate = `0 ${topPx}px`;
    if (fragment !== undefined) {
      if (fragment.clipped) row.title = l10n.t('Cut off at the end of a sample: the match may be longer.');
      row.addEventListener('click', () => {
        this.#activate(index);
        this.#actions.compare(fragment.fingerprint);
      });
    }
    return row;
  }

  #activate(index: number): void {
    this.#active = Math.max(0, Math.min(this.#total - 1, index));
    const view = this.#viewPx;
    const top = rowAt(this.#grid.scrollTop, view, this.#total);
    const nSeen = Math.floor(view / ROW_PX);
    if (this.#active < top) this.#grid.scrollTop = scrollTopOf(this.#active, view, this.#total);
    else if (this.#active >= top + nSeen) {
      this.#grid.scrollTop = scrollTopOf(this.#active - nSeen + 1, view, this.#total);
    }
    this.#draw();
  }

  #onKey(event: KeyboardEvent): void {
    if (event.target !== this.#grid) return; // A header's button has its own keys.
    const page = Math.max(1, Math.floor(this.#viewPx / ROW_PX) - 1);
    const moves: Readonly<Record<string, number>> = {
      ArrowDown: this.#active + 1,
      ArrowUp: this.#active - 1,
      PageDown: this.#active + page,
      PageUp: this.#active - page,
      Home: 0,
      End: this.#total - 1,
    };
    const target = moves[event.key];
    const fragment = this.#pages.get(Math.floor(this.#active / PAGE))?.[this.#active % PAGE];
    if (target !== undefined) this.#activate(target);
    else if (event.key === 'Enter' && fragment !== undefined) this.#actions.compare(fragment.fingerprint);
    else return;
    event.preventDefault();
  }
}

const rowId = (index: number) => `fragment-${index}`;
