// Highlights the compared fragment in every visible text whose URI names one, on both sides of a comparison, and
// says behind one of its first lines, and on hover, where that text is from. What to highlight is in the URI, so it works after a reload.

import {
  type DecorationOptions,
  type Disposable,
  l10n,
  MarkdownString,
  OverviewRulerLane,
  Range,
  type TextDocument,
  type TextEditor,
  ThemeColor,
  window,
} from 'vscode';
import { getPlace } from '../../protocol/views.ts';
import { lineRange } from '../documents/line-range.ts';
import type { StudyTexts } from '../documents/study-texts.ts';
import { type Highlight, parseTextUri, SAMPLE_SCHEME, type TextRef } from '../documents/text-ref.ts';
import type { ErrorFunnel } from '../error-funnel.ts';
import type { StudyServer } from '../study-server.ts';

export class FragmentHighlight implements Disposable {
  readonly #server: StudyServer;
  readonly #texts: Pick<StudyTexts, 'problemOf'>;
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

  constructor(server: StudyServer, texts: Pick<StudyTexts, 'problemOf'>, errors: ErrorFunnel) {
    this.#server = server;
    this.#texts = texts;
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
    editor.setDecorations(this.#type, [{ range: lineRange(highlight), hoverMessage: asText(words) }]);
    const { end } = document.lineAt(headerLine(document, highlight)).range;
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
    const problem = this.#texts.problemOf(study, id);
    // The tab names the document, so what it does not say comes first.
    return [
      ...(problem === undefined ? [] : [l10n.t('Only the stored excerpt is shown: {0}', problem)]),
      license || l10n.t('licence unknown'),
      counts,
      repository,
      path,
      l10n.t('{0} row {1}', shard, row),
    ]
      .filter((part) => part !== '')
      .join(' · ');
  }
}

/** How far below its first line a header may stand. */
const MAX_HEADER_LINES = 8;

/** The shortest of the first lines: behind a long one nobody would see it. */
function headerLine(document: TextDocument, { firstLine, lastLine }: Highlight): number {
  const first = Math.min(firstLine, document.lineCount) - 1;
  const last = Math.min(lastLine, firstLine + MAX_HEADER_LINES - 1, document.lineCount) - 1;
  let shortest = first;
  for (let line = first + 1; line <= last; line++) {
    if (document.lineAt(line).text.length < document.lineAt(shortest).text.length) shortest = line;
  }
  return shortest;
}

function asText(words: string): MarkdownString {
  return new MarkdownString().appendText(words);
}
