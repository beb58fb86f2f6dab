// How the studies view shows fragments: grouping and filter, kept in the workspace's memory. The order is a
// setting. The filter is also what the view's message says, so that nobody takes a part for the whole.

import { commands, EventEmitter, l10n, type Memento } from 'vscode';
import { forLabel } from '../../guard/text/for-label.ts';
import type { FragmentFilter, Grouping } from '../../protocol/views.ts';
import { readSetting } from '../settings.ts';
import { categoryName } from './category-name.ts';

const FILTER_KEY = 'fragmentFilter';

export class ViewOptions {
  readonly #memento: Memento;
  readonly #changed = new EventEmitter<void>();
  readonly onDidChange = this.#changed.event;

  constructor(memento: Memento) {
    this.#memento = memento;
    this.#announce();
  }

  get grouping(): Grouping {
    return readSetting('tree.groupBy');
  }

  get filter(): FragmentFilter {
    // Earlier versions kept the licence under its other spelling.
    const { licence, ...filter } = this.#memento.get<FragmentFilter & { licence?: string }>(FILTER_KEY, {});
    return licence === undefined ? filter : { license: licence, ...filter };
  }

  async setFilter(filter: FragmentFilter): Promise<void> {
    await this.#memento.update(FILTER_KEY, filter);
    this.#announce();
    this.#changed.fire();
  }

  /** Undefined without a filter. */
  get message(): string | undefined {
    const parts = filterParts(this.filter);
    return parts.length === 0 ? undefined : l10n.t('Filter: {0}', forLabel(parts.join(', ')));
  }

  dispose(): void {
    this.#changed.dispose();
  }

  #announce(): void {
    void commands.executeCommand('setContext', 'verbatim.isFiltered', this.message !== undefined);
  }
}

/** In words, one for each part that leaves something out. */
function filterParts(filter: FragmentFilter): string[] {
  return [
    ...(filter.text ? [`“${filter.text}”`] : []),
    ...(filter.repository ? [filter.repository] : []),
    ...(filter.path ? [filter.path] : []),
    ...(filter.fromLines === undefined ? [] : [linesText(filter.fromLines, filter.toLines)]),
    ...probabilityParts(filter),
    ...(filter.license === undefined ? [] : [filter.license || l10n.t('licence unknown')]),
    ...(filter.category === undefined ? [] : [categoryName(filter.category)]),
    ...(filter.isSensitive ? [l10n.t('sensitive')] : []),
    ...(filter.isClipped ? [l10n.t('clipped')] : []),
    ...(filter.loops === undefined
      ? []
      : [filter.loops === 'only' ? l10n.t('only in loops') : l10n.t('not only in loops')]),
    ...(filter.isNew ? [l10n.t('not accepted')] : []),
  ];
}

function probabilityParts({ fromProbability: from, toProbability: to }: FragmentFilter): string[] {
  if (from === undefined) return to === undefined ? [] : [l10n.t('p ≤ {0}', to)];
  return [to === undefined ? l10n.t('p ≥ {0}', from) : l10n.t('p {0} to {1}', from, to)];
}

function linesText(from: number, to: number | undefined): string {
  if (to === undefined) return l10n.t('{0} lines or more', from);
  return from === to ? l10n.t('{0} lines', from) : l10n.t('{0}–{1} lines', from, to);
}
