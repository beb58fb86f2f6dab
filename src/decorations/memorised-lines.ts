// Paints the memorised lines of every visible text that they are known of: background, gutter and ruler marks, a word
// at the end of the first line, and a hover. Each has a setting, and with it off nothing of it is there.

import {
  type DecorationOptions,
  Disposable,
  l10n,
  Range,
  type TextDocument,
  type TextEditor,
  type TextEditorDecorationType,
  ThemeColor,
  window,
  workspace,
} from 'vscode';
import { forLabel } from '../../guard/text/for-label.ts';
import type { Provenance } from '../../protocol/fragments.ts';
import { lineRange } from '../documents/line-range.ts';
import { labelsOf } from '../documents/provenance-labels.ts';
import type { ErrorFunnel } from '../error-funnel.ts';
import { readSetting } from '../settings.ts';
import { LEVELS, type Level } from './level.ts';
import { levelDecoration } from './level-decoration.ts';
import { markHover } from './mark-hover.ts';
import { levelRuns, markSegments, type Segment } from './mark-segments.ts';
import type { TextMark, TextMarks } from './text-marks.ts';

export class MemorisedLines implements Disposable {
  readonly #marks: TextMarks;
  readonly #errors: ErrorFunnel;
  #types: ReadonlyMap<Level, TextEditorDecorationType> = new Map();
  readonly #words = window.createTextEditorDecorationType({
    after: { color: new ThemeColor('editorCodeLens.foreground'), margin: '0 0 0 3em', fontStyle: 'italic' },
  });
  readonly #listeners: Disposable;
  /** What each editor shows now. */
  readonly #painted = new WeakMap<TextEditor, readonly Segment<TextMark>[]>();

  constructor(marks: TextMarks, errors: ErrorFunnel) {
    this.#marks = marks;
    this.#errors = errors;
    this.#makeTypes();
    this.#listeners = Disposable.from(
      window.onDidChangeVisibleTextEditors(() => this.#paintAll()),
      marks.onDidChange(() => this.#paintAll()),
      workspace.onDidChangeConfiguration((event) => {
        if (!event.affectsConfiguration('verbatim.decorations')) return;
        this.#makeTypes();
        this.#paintAll();
      }),
    );
    this.#paintAll();
  }

  /** Undefined for an editor in which nothing is painted; an empty list means that it was looked at. */
  painted(editor: TextEditor): readonly Segment<TextMark>[] | undefined {
    return this.#painted.get(editor);
  }

  dispose(): void {
    this.#listeners.dispose();
    for (const type of [...this.#types.values(), this.#words]) type.dispose();
  }

  /** A type's looks are fixed, so changed settings make new ones; the old ones take their paint along. */
  #makeTypes(): void {
    for (const type of this.#types.values()) type.dispose();
    const parts = {
      background: readSetting('decorations.background'),
      gutter: readSetting('decorations.gutter'),
      overviewRuler: readSetting('decorations.overviewRuler'),
    };
    this.#types = new Map(LEVELS.map((level) => [level, levelDecoration(level, parts)]));
  }

  #paintAll(): void {
    for (const editor of window.visibleTextEditors) {
      const marks = this.#marks.of(editor.document);
      if (marks === undefined) continue;
      if (!readSetting('decorations.enabled')) this.#clear(editor);
      else if (marks instanceof Promise) {
        void this.#errors.run(async () => this.#paint(editor, await marks));
      } else this.#paint(editor, marks);
    }
  }

  #paint(editor: TextEditor, marks: readonly TextMark[]): void {
    if (!readSetting('decorations.enabled')) return;
    const segments = markSegments(marks);
    const hasHover = readSetting('decorations.hover');
    for (const [level, type] of this.#types) {
      const options = segments
        .filter((segment) => segment.level === level)
        .map((segment) => ({
          range: lineRange(segment),
          ...(hasHover ? { hoverMessage: markHover(editor.document.uri, segment) } : {}),
        }));
      editor.setDecorations(type, options);
    }
    const words = readSetting('decorations.inlineText') ? levelRuns(segments) : [];
    editor.setDecorations(
      this.#words,
      words.map((run) => sourceWords(editor.document, run)),
    );
    this.#painted.set(editor, segments);
  }

  #clear(editor: TextEditor): void {
    for (const type of [...this.#types.values(), this.#words]) editor.setDecorations(type, []);
    this.#painted.delete(editor);
  }
}

/** Says count and source once for a block of colour, behind its first line that has text. */
function sourceWords(document: TextDocument, run: readonly Segment<TextMark>[]): DecorationOptions {
  const marks = run.flatMap((segment) => segment.marks);
  const most = marks.reduce((best, mark) => (mark.train > best.train ? mark : best));
  const count = most.train.toLocaleString();
  const words = [
    most.from === 'index'
      ? l10n.t('{0}× in the indexed corpus', count)
      : l10n.t('{0}× in the training data', count),
    ...(most.source ? [sourceName(most.source)] : []),
  ];
  let line = Math.min(run[0]!.firstLine, document.lineCount) - 1;
  const last = Math.min(run.at(-1)!.lastLine, document.lineCount);
  while (line + 1 < last && document.lineAt(line).isEmptyOrWhitespace) line++;
  const { end } = document.lineAt(line).range;
  return {
    range: new Range(end, end),
    renderOptions: { after: { contentText: forLabel(words.join(' · ')) } },
  };
}

function sourceName(source: Provenance): string {
  const { repository, path } = labelsOf(source);
  return repository || path;
}
