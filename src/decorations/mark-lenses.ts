// A line above each memorised piece, if the user wants them: how often, and the two things to do about it.

import {
  CodeLens,
  type CodeLensProvider,
  Disposable,
  EventEmitter,
  l10n,
  type TextDocument,
  workspace,
} from 'vscode';
import { lineRange } from '../documents/line-range.ts';
import { readSetting } from '../settings.ts';
import { howOftenIndexed, matchPlace } from './index-mark.ts';
import { markComparison } from './mark-comparison.ts';
import { howOften } from './mark-hover.ts';
import type { IndexMark, TextMarks } from './text-marks.ts';

export class MarkLenses implements CodeLensProvider, Disposable {
  readonly #marks: TextMarks;
  readonly #changed = new EventEmitter<void>();
  readonly #listeners: Disposable;

  readonly onDidChangeCodeLenses = this.#changed.event;

  constructor(marks: TextMarks) {
    this.#marks = marks;
    this.#listeners = Disposable.from(
      marks.onDidChange(() => this.#changed.fire()),
      workspace.onDidChangeConfiguration((event) => {
        if (event.affectsConfiguration('verbatim.decorations')) this.#changed.fire();
      }),
    );
  }

  dispose(): void {
    this.#listeners.dispose();
    this.#changed.dispose();
  }

  async provideCodeLenses(document: TextDocument): Promise<CodeLens[]> {
    if (!readSetting('decorations.enabled') || !readSetting('decorations.codeLens')) return [];
    const marks = await this.#marks.of(document);
    if (marks === undefined) return [];
    return marks.flatMap((mark) => {
      if (mark.from === 'index') return [indexLens(document, mark)];
      const comparison = markComparison(document.uri, mark);
      const range = lineRange({ firstLine: mark.firstLine, lastLine: mark.firstLine });
      return [
        new CodeLens(range, {
          title: l10n.t('Memorised: {0}', howOften(mark)),
          command: 'verbatim.compareFragment',
          arguments: [comparison],
        }),
        new CodeLens(range, {
          title: l10n.t('All occurrences'),
          command: 'verbatim.compareAllOccurrences',
          arguments: [comparison],
        }),
      ];
    });
  }
}

const indexLens = (document: TextDocument, mark: IndexMark) =>
  new CodeLens(lineRange({ firstLine: mark.firstLine, lastLine: mark.firstLine }), {
    title: l10n.t('Found in the index: {0}', howOftenIndexed(mark)),
    command: 'verbatim.openSource',
    arguments: [matchPlace(document.uri, mark)],
  });
