// Highlights the compared fragment in every visible text whose URI names one, on both sides of a comparison, and the
// other lines that agree there. Says behind one of its first lines, and on hover, where that text is from. What to
// highlight is in the URI, so it works after a reload.

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
import { forHover } from '../../guard/text/for-hover.ts';
import { forLabel } from '../../guard/text/for-label.ts';
import type { EqualLines } from '../../protocol/comparison.ts';
import type { TextRange } from '../../protocol/fragments.ts';
import type { Comparisons, ShownComparison } from '../documents/comparisons.ts';
import { lineRange } from '../documents/line-range.ts';
import { labelsOf } from '../documents/provenance-labels.ts';
import { type Highlight, parseTextUri, SAMPLE_SCHEME, type TextRef } from '../documents/text-ref.ts';
import type { ErrorFunnel } from '../error-funnel.ts';

export class FragmentHighlight implements Disposable {
  readonly #comparisons: Pick<Comparisons, 'of'>;
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
  /** Lines that agree besides the fragment's own. */
  readonly #otherType = window.createTextEditorDecorationType({
    isWholeLine: true,
    backgroundColor: new ThemeColor('verbatim.equalBackground'),
    borderColor: new ThemeColor('verbatim.fragmentBorder'),
    borderStyle: 'dotted',
    borderWidth: '0 0 0 3px',
  });
  readonly #header = window.createTextEditorDecorationType({
    after: { color: new ThemeColor('editorCodeLens.foreground'), margin: '0 0 0 2em', fontStyle: 'italic' },
  });
  readonly #listener: Disposable;
  /** What is known of each text, for as long as its document is open. */
  readonly #shown = new WeakMap<TextDocument, ShownSide>();

  constructor(comparisons: Pick<Comparisons, 'of'>, errors: ErrorFunnel) {
    this.#comparisons = comparisons;
    this.#errors = errors;
    this.#listener = window.onDidChangeVisibleTextEditors((editors) => this.#highlightIn(editors));
    this.#highlightIn(window.visibleTextEditors);
  }

  /** What stands behind the first line of a highlighted fragment; undefined before it is known. */
  header(document: TextDocument): string | undefined {
    return this.#shown.get(document)?.header;
  }

  /** The lines that agree with the other side of a comparison; undefined before they are known. */
  lines(document: TextDocument): EqualLines | undefined {
    return this.#shown.get(document)?.lines;
  }

  dispose(): void {
    this.#listener.dispose();
    for (const type of [this.#type, this.#otherType, this.#header]) type.dispose();
  }

  #highlightIn(editors: readonly TextEditor[]): void {
    for (const editor of editors) {
      const ref = parseTextUri(editor.document.uri);
      const highlight = ref?.highlight;
      if (!highlight) continue;
      editor.setDecorations(this.#type, [lineRange(highlight)]);
      void this.#errors.run(() => this.#showSide(editor, ref, highlight));
    }
  }

  async #showSide(editor: TextEditor, ref: TextRef, highlight: Highlight): Promise<void> {
    const { document } = editor;
    const side = this.#shown.get(document) ?? sideOf(await this.#comparisons.of(ref, highlight), ref);
    this.#shown.set(document, side);
    const { fragment, others } = side.lines;
    editor.setDecorations(this.#type, [{ range: lineRange(fragment), hoverMessage: asText(side.header) }]);
    editor.setDecorations(this.#otherType, others.map(lineRange));
    const { end } = document.lineAt(headerLine(document, fragment)).range;
    const option: DecorationOptions = {
      range: new Range(end, end),
      renderOptions: { after: { contentText: forLabel(side.header) } },
    };
    editor.setDecorations(this.#header, [option]);
  }
}

interface ShownSide {
  readonly header: string;
  readonly lines: EqualLines;
}

function sideOf(comparison: ShownComparison, { scheme, id }: TextRef): ShownSide {
  const { sample, document } = comparison;
  const counts = countsOf(comparison);
  if (scheme === SAMPLE_SCHEME || document === null) {
    return { header: [l10n.t('Sample {0}', id), counts].join(' · '), lines: sample.lines };
  }
  const { repository, path, license, shard, row } = labelsOf(document.provenance);
  const { problem } = document;
  // The tab names the document, so what it does not say comes first.
  const parts = [
    ...(problem === null ? [] : [l10n.t('Only the stored excerpt is shown: {0}', forLabel(problem))]),
    license || l10n.t('licence unknown'),
    counts,
    repository,
    path,
    l10n.t('{0} row {1}', shard, row),
  ];
  return { header: parts.filter((part) => part !== '').join(' · '), lines: document.lines };
}

function countsOf({ fragment, nEqualLines }: ShownComparison): string {
  const train = fragment.train.toLocaleString();
  const extract = fragment.extract.toLocaleString();
  return nEqualLines === null || nEqualLines <= fragment.nLines
    ? l10n.t('{0} lines, {1}× in the training data, {2}× in the samples', fragment.nLines, train, extract)
    : l10n.t(
        '{0} of {1} equal lines, {2}× in the training data, {3}× in the samples',
        fragment.nLines,
        nEqualLines,
        train,
        extract,
      );
}

/** How far below its first line a header may stand. */
const MAX_HEADER_LINES = 8;

/** Chooses the shortest of the first lines: behind a long one nobody would see the header. */
function headerLine(document: TextDocument, { firstLine, lastLine }: TextRange): number {
  const first = Math.min(firstLine, document.lineCount) - 1;
  const last = Math.min(lastLine, firstLine + MAX_HEADER_LINES - 1, document.lineCount) - 1;
  let shortest = first;
  for (let line = first + 1; line <= last; line++) {
    if (document.lineAt(line).text.length < document.lineAt(shortest).text.length) shortest = line;
  }
  return shortest;
}

function asText(words: string): MarkdownString {
  return new MarkdownString(forHover(words));
}
