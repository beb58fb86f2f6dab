// Tells VS Code whether a comparison is in front, for keys and the palette. They work from the tree, too: the
// editor's own context does not reach there.

import { commands, Disposable, TabInputTextDiff, window } from 'vscode';
import { parseTextUri } from './text-ref.ts';

export class ComparisonContext {
  readonly #subscriptions: Disposable;
  #isComparing = false;

  constructor() {
    const update = () => this.#update();
    this.#subscriptions = Disposable.from(
      window.tabGroups.onDidChangeTabs(update),
      window.tabGroups.onDidChangeTabGroups(update),
    );
    update();
  }

  #update(): void {
    const input = window.tabGroups.activeTabGroup.activeTab?.input;
    const isComparing = input instanceof TabInputTextDiff && !!parseTextUri(input.modified)?.highlight;
    if (isComparing === this.#isComparing) return;
    this.#isComparing = isComparing;
    void commands.executeCommand('setContext', 'verbatim.isComparing', isComparing);
  }

  dispose(): void {
    this.#subscriptions.dispose();
  }
}
