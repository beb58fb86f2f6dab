// In the status bar while an index is chosen: how much of the text in front stands in its corpus. A click looks it up now.

import { Disposable, l10n, StatusBarAlignment, ThemeColor, window } from 'vscode';
import { forTooltip } from '../../guard/text/for-label.ts';
import type { TextMarks } from '../decorations/text-marks.ts';
import type { LiveIndex } from './live-index.ts';

export class LiveStatus implements Disposable {
  readonly #item = window.createStatusBarItem('verbatim.live', StatusBarAlignment.Right, 89);
  readonly #listeners: Disposable;
  readonly #live: LiveIndex;
  readonly #marks: Pick<TextMarks, 'tracked' | 'onDidChange'>;

  constructor(live: LiveIndex, marks: Pick<TextMarks, 'tracked' | 'onDidChange'>) {
    this.#live = live;
    this.#marks = marks;
    this.#item.name = l10n.t('Memorised pieces by the index');
    this.#item.command = 'verbatim.lookUp';
    this.#listeners = Disposable.from(
      this.#item,
      live.onDidChange(() => this.#show()),
      marks.onDidChange(() => this.#show()),
      window.onDidChangeActiveTextEditor(() => this.#show()),
    );
    this.#show();
  }

  /** What it says now; undefined while it is hidden. */
  get text(): string | undefined {
    return this.#live.place === undefined ? undefined : this.#item.text;
  }

  dispose(): void {
    this.#listeners.dispose();
  }

  #show(): void {
    const { place, failure } = this.#live;
    if (place === undefined) {
      this.#item.hide();
      return;
    }
    const { text, tooltip } = failure === undefined ? this.#found() : { text: FAILED, tooltip: failure };
    this.#item.text = text;
    const click = l10n.t('Click to look this text up in {0}.', place.index);
    this.#item.tooltip = forTooltip(`${tooltip}\n${click}`);
    this.#item.backgroundColor =
      failure === undefined ? undefined : new ThemeColor('statusBarItem.warningBackground');
    this.#item.show();
  }

  #found(): { readonly text: string; readonly tooltip: string } {
    const document = window.activeTextEditor?.document;
    const answer = document && this.#live.answerFor(document);
    if (answer === undefined) {
      const tooltip = l10n.t('What is pasted, completed or saved is looked up in the index.');
      return { text: '$(database)', tooltip };
    }
    const n = this.#marks.tracked(document!)?.filter(({ from }) => from === 'index').length ?? 0;
    const parts = [
      n === 1
        ? l10n.t('1 piece of this text stands in the indexed corpus.')
        : l10n.t('{0} pieces of this text stand in the indexed corpus.', n.toLocaleString()),
      ...(answer.nAccepted > 0 ? [l10n.t('{0} more are accepted.', answer.nAccepted.toLocaleString())] : []),
      ...answer.notes.map((note) => forTooltip(note)),
    ];
    return { text: l10n.t('$(database) {0} memorised', n.toLocaleString()), tooltip: parts.join('\n') };
  }
}

const FAILED = '$(warning)';
