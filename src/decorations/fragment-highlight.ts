// Highlights the compared fragment in every visible text whose URI names one, on both sides of a comparison, and
// says behind its first line where that text is from. What to highlight is in the URI, so it works after a reload.

import {
  type DecorationOptions,
  type Disposable,
  l10n,
  OverviewRulerLane,
  Range,
  type TextDocument,
  type TextEditor,
  ThemeColor,
  window,
} from 'vscode';
import { getPlace } from '../../protocol/views.ts';
import { lineRange } from '../documents/line-range.ts';
import { type Highlight, parseTextUri, SAMPLE_SCHEME, type TextRef } from '../documents/text-ref.ts';
import type { ErrorFunnel } from '../error-funnel.ts';
import type { StudyServer } from '../study-server.ts';

export class FragmentHighlight implements Disposable {
  readonly #server: StudyServer;
  readonly #errors: ErrorFunnel;
  readonly #type = window.createTextEditorDecorationType({
    isWholeLine: true,
    backgroundColor: new ThemeColor('verbatim.fragmentBackground'),
    borderColor: new ThemeColor('verbatim.fragmentBorder'),
    borderStyle: 'solid',
    borderWidth: '0 0 0 3px',
    overviewRulerColor: new ThemeColor('verbatim.fragmentBorder'),
    overviewRulerLane: OverviewRulerLane.Center,
  });
  readonly #header = window.createTextEditorDecorationType({
    after: { color: new ThemeColor('editorCodeLens.foreground'), margin: '0 0 0 2em', fontStyle: 'italic' },
  });
  readonly #listener: Disposable;
  /** In words, for as long as the document is open. */
  readonly #headers = new WeakMap<TextDocument, string>();

  constructor(server: StudyServer, errors: ErrorFunnel) {
    this.#server = server;
    this.#errors = errors;
    this.#listener = window.onDidChangeVisibleTextEditors((editors) => this.#highlightIn(editors));
    this.#highlightIn(window.visibleTextEditors);
  }

  /** What stands behind the first line of a highlighted fragment; undefined before it is known. */
  header(document: TextDocument): string | undefined {
    return this.#headers.get(document);
  }

  dispose(): void {
    this.#listener.dispose();
    this.#type.dispose();
    this.#header.dispose();
  }

  #highlightIn(editors: readonly TextEditor[]): void {
    for (const editor of editors) {
      const ref = parseTextUri(editor.document.uri);
      const highlight = ref?.highlight;
      if (!highlight) continue;
      editor.setDecorations(this.#type, [lineRange(highlight)]);
      void this.#errors.run(() => this.#showHeader(editor, ref, highlight));
    }
  }

  async #showHeader(editor: TextEditor, ref: TextRef, highlight: Highlight): Promise<void> {
    const { document } = editor;
    const words = this.#headers.get(document) ?? (await this.#headerOf(ref, highlight));
    this.#headers.set(document, words);
    const line = Math.min(highlight.firstLine, document.lineCount) - 1;
    const { end } = document.lineAt(line).range;
    const option: DecorationOptions = {
      range: new Range(end, end),
      renderOptions: { after: { contentText: words } },
    };
    editor.setDecorations(this.#header, [option]);
  }

  async #headerOf({ study, scheme, id }: TextRef, { fingerprint }: Highlight): Promise<string> {
    const documentId = scheme === SAMPLE_SCHEME ? null : id;
    const place = await this.#server.request(getPlace, { study, fingerprint, documentId });
    const counts = l10n.t(
      '{0} lines, train {1}, extract {2}',
      place.nLines,
      place.train.toLocaleString(),
      place.extract.toLocaleString(),
    );
    if (place.provenance === null) return [l10n.t('Sample {0}', id), counts].join(' · ');
    const { repository, path, license, shard, row } = place.provenance;
    return [repository, path, license || l10n.t('licence unknown'), l10n.t('{0} row {1}', shard, row), counts]
      .filter((part) => part !== '')
      .join(' · ');
  }
}
