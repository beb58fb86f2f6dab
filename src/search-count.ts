// In the status bar: how many memorised pieces the last search found in the text in front. It stays with its editor, and
// goes with its document.

import { Disposable, l10n, StatusBarAlignment, type TextDocument, window } from 'vscode';

export class SearchCount implements Disposable {
  readonly #item = window.createStatusBarItem('verbatim.searchCount', StatusBarAlignment.Right, 90);
  readonly #found = new WeakMap<TextDocument, number>();
  readonly #listener: Disposable;

  constructor() {
    this.#item.name = l10n.t('Memorised pieces in this text');
    this.#item.command = 'verbatim.findMemorised';
    this.#listener = Disposable.from(
      this.#item,
      window.onDidChangeActiveTextEditor(() => this.#show()),
    );
  }

  /** Undefined for a text that was not searched. */
  of(document: TextDocument): number | undefined {
    return this.#found.get(document);
  }

  note(document: TextDocument, nPieces: number): void {
    this.#found.set(document, nPieces);
    this.#show();
  }

  dispose(): void {
    this.#listener.dispose();
  }

  #show(): void {
    const document = window.activeTextEditor?.document;
    const nPieces = document && this.#found.get(document);
    if (nPieces === undefined) {
      this.#item.hide();
      return;
    }
    this.#item.text = l10n.t('$(search) {0} memorised', nPieces.toLocaleString());
    this.#item.tooltip = l10n.t(
      'Memorised pieces that the last search found in this text. Click to search again.',
    );
    this.#item.show();
  }
}
