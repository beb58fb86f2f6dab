// Tells VS Code whether a comparison is in front, for keys and the palette. They work from the tree, too: the
// editor's own context does not reach there.

import { commands, Disposable, window } from 'vscode';
import type { SideBySide } from './side-by-side.ts';

export class ComparisonContext {
  readonly #subscriptions: Disposable;
  readonly #columns: Pick<SideBySide, 'inFront'>;
  #isComparing = false;

  constructor(columns: Pick<SideBySide, 'inFront'>) {
    this.#columns = columns;
    const update = () => this.#update();
    this.#subscriptions = Disposable.from(
      window.tabGroups.onDidChangeTabs(update),
      window.tabGroups.onDidChangeTabGroups(update),
    );
    update();
  }

  #update(): void {
    const isComparing = this.#columns.inFront() !== undefined;
    if (isComparing === this.#isComparing) return;
    this.#isComparing = isComparing;
    void commands.executeCommand('setContext', 'verbatim.isComparing', isComparing);
  }

  dispose(): void {
    this.#subscriptions.dispose();
  }
}
