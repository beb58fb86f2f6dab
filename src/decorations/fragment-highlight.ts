// Highlights the compared fragment in every visible text whose URI names one: on both sides of a diff. All that
// it needs is in the URI, so it holds no state and works again after a reload.

import { type Disposable, OverviewRulerLane, type TextEditor, ThemeColor, window } from 'vscode';
import { lineRange } from '../documents/line-range.ts';
import { parseTextUri } from '../documents/text-ref.ts';

export class FragmentHighlight implements Disposable {
  readonly #type = window.createTextEditorDecorationType({
    isWholeLine: true,
    backgroundColor: new ThemeColor('verbatim.fragmentBackground'),
    borderColor: new ThemeColor('verbatim.fragmentBorder'),
    borderStyle: 'solid',
    borderWidth: '0 0 0 3px',
    overviewRulerColor: new ThemeColor('verbatim.fragmentBorder'),
    overviewRulerLane: OverviewRulerLane.Center,
  });
  readonly #listener: Disposable;

  constructor() {
    this.#listener = window.onDidChangeVisibleTextEditors((editors) => this.#highlightIn(editors));
    this.#highlightIn(window.visibleTextEditors);
  }

  dispose(): void {
    this.#listener.dispose();
    this.#type.dispose();
  }

  #highlightIn(editors: readonly TextEditor[]): void {
    for (const editor of editors) {
      const highlight = parseTextUri(editor.document.uri)?.highlight;
      if (highlight) editor.setDecorations(this.#type, [lineRange(highlight)]);
    }
  }
}
