// Paints the memorised lines of every visible sample: background, bar, overview ruler, a word at the end of
// the first line, and a hover. With the setting off, nothing of it is there.

import {
  type DecorationOptions,
  Disposable,
  l10n,
  OverviewRulerLane,
  Range,
  type TextDocument,
  type TextEditor,
  type TextEditorDecorationType,
  ThemeColor,
  window,
  workspace,
} from 'vscode';
import { getSample } from '../../protocol/requests.ts';
import { lineRange } from '../documents/line-range.ts';
import { parseTextUri, SAMPLE_SCHEME, type TextRef } from '../documents/text-ref.ts';
import type { ErrorFunnel } from '../error-funnel.ts';
import { readSetting } from '../settings.ts';
import type { StudyServer } from '../study-server.ts';
import { markHover } from './mark-hover.ts';
import { type Level, levelRuns, markSegments, type Segment } from './mark-segments.ts';

const LEVELS: readonly Level[] = ['once', 'few', 'many'];

export class MemorisedLines implements Disposable {
  readonly #server: StudyServer;
  readonly #errors: ErrorFunnel;
  readonly #types: ReadonlyMap<Level, TextEditorDecorationType>;
  readonly #words = window.createTextEditorDecorationType({
    after: { color: new ThemeColor('editorCodeLens.foreground'), margin: '0 0 0 3em', fontStyle: 'italic' },
  });
  readonly #listeners: Disposable;
  /** For as long as its document is open. */
  readonly #segments = new WeakMap<TextDocument, Promise<readonly Segment[]>>();
  /** What each editor shows now. */
  readonly #painted = new WeakMap<TextEditor, readonly Segment[]>();

  constructor(server: StudyServer, errors: ErrorFunnel) {
    this.#server = server;
    this.#errors = errors;
    this.#types = new Map(LEVELS.map((level) => [level, decorationType(level)]));
    this.#listeners = Disposable.from(
      window.onDidChangeVisibleTextEditors(() => this.#paintAll()),
      workspace.onDidChangeConfiguration((event) => {
        if (event.affectsConfiguration('verbatim.decorations')) this.#paintAll();
      }),
    );
    this.#paintAll();
  }

  /** Undefined where nothing is painted, which is not the same as an empty list: that was looked at. */
  painted(editor: TextEditor): readonly Segment[] | undefined {
    return this.#painted.get(editor);
  }

  dispose(): void {
    this.#listeners.dispose();
    for (const type of [...this.#types.values(), this.#words]) type.dispose();
  }

  #paintAll(): void {
    for (const editor of window.visibleTextEditors) {
      const ref = parseTextUri(editor.document.uri);
      // A comparison shows its one fragment alone.
      if (ref?.scheme !== SAMPLE_SCHEME || ref.highlight !== null) continue;
      if (readSetting('decorations.enabled')) void this.#errors.run(() => this.#paint(editor, ref));
      else this.#clear(editor);
    }
  }

  async #paint(editor: TextEditor, ref: TextRef): Promise<void> {
    const segments = await this.#segmentsOf(editor.document, ref);
    if (!readSetting('decorations.enabled')) return;
    for (const [level, type] of this.#types) {
      const options = segments
        .filter((segment) => segment.level === level)
        .map((segment) => ({
          range: lineRange(segment),
          hoverMessage: markHover(ref.study, ref.id, segment),
        }));
      editor.setDecorations(type, options);
    }
    const words = levelRuns(segments).map((run) => sourceWords(editor.document, run));
    editor.setDecorations(this.#words, words);
    this.#painted.set(editor, segments);
  }

  #clear(editor: TextEditor): void {
    for (const type of [...this.#types.values(), this.#words]) editor.setDecorations(type, []);
    this.#painted.delete(editor);
  }

  #segmentsOf(document: TextDocument, { study, id }: TextRef): Promise<readonly Segment[]> {
    let segments = this.#segments.get(document);
    if (segments === undefined) {
      segments = this.#server
        .request(getSample, { study, sampleId: id })
        .then(({ marks }) => markSegments(marks));
      segments.catch(() => this.#segments.delete(document)); // The next look may succeed.
      this.#segments.set(document, segments);
    }
    return segments;
  }
}

/** Count and source, once for a block of colour, behind its first line that has text. */
function sourceWords(document: TextDocument, run: readonly Segment[]): DecorationOptions {
  const marks = run.flatMap((segment) => segment.marks);
  const most = marks.reduce((best, mark) => (mark.train > best.train ? mark : best));
  const words = [
    l10n.t('train {0}', most.train.toLocaleString()),
    ...(most.source ? [most.source.repository || most.source.path] : []),
  ];
  let line = run[0]!.firstLine - 1;
  while (line + 1 < run.at(-1)!.lastLine && document.lineAt(line).isEmptyOrWhitespace) line++;
  const { end } = document.lineAt(line).range;
  return { range: new Range(end, end), renderOptions: { after: { contentText: words.join(' · ') } } };
}

function decorationType(level: Level): TextEditorDecorationType {
  return window.createTextEditorDecorationType({
    isWholeLine: true,
    backgroundColor: new ThemeColor(`verbatim.memorised.${level}Background`),
    borderColor: new ThemeColor(`verbatim.memorised.${level}Foreground`),
    borderStyle: 'solid',
    borderWidth: '0 0 0 3px',
    overviewRulerColor: new ThemeColor(`verbatim.memorised.${level}Foreground`),
    overviewRulerLane: OverviewRulerLane.Full,
  });
}
