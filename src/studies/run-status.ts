// The one status bar item: the running study with its stage, rate and time left. A click asks what to do with it.

import { basename } from 'node:path';
import { type Disposable, l10n, StatusBarAlignment, window } from 'vscode';
import { forLabel } from '../../guard/text/for-label.ts';
import { progressText } from './progress-text.ts';
import type { StudyRuns } from './study-runs.ts';

export class RunStatus implements Disposable {
  readonly #item = window.createStatusBarItem('verbatim.run', StatusBarAlignment.Left);
  readonly #listener: Disposable;

  constructor(runs: Pick<StudyRuns, 'all' | 'onDidChange'>) {
    this.#item.name = l10n.t('Verbatim Study');
    this.#item.command = 'verbatim.showRunningStudy';
    this.#listener = runs.onDidChange(() => this.#show(runs));
  }

  dispose(): void {
    this.#listener.dispose();
    this.#item.dispose();
  }

  #show(runs: Pick<StudyRuns, 'all'>): void {
    const [first, ...others] = runs.all();
    if (first === undefined) {
      this.#item.hide();
      return;
    }
    const text = first.progress === null ? l10n.t('Starting') : progressText(first.progress);
    const more = others.length === 0 ? '' : l10n.t(' and {0} more', others.length);
    this.#item.text = `$(loading~spin) ${forLabel(text)}${more}`;
    this.#item.tooltip = l10n.t(
      'Verbatim runs {0}. Click to show, pause or stop it.',
      forLabel(basename(first.study)),
    );
    this.#item.accessibilityInformation = { label: forLabel(text), role: 'button' };
    this.#item.show();
  }
}
