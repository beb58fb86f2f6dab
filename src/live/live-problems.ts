// Lists memorised pieces in the Problems view, if the user asks for that.

import {
  Diagnostic,
  DiagnosticSeverity,
  Disposable,
  l10n,
  languages,
  type TextDocument,
  workspace,
} from 'vscode';
import { howOftenIndexed } from '../decorations/index-mark.ts';
import type { IndexMark, TextMarks } from '../decorations/text-marks.ts';
import { lineRange } from '../documents/line-range.ts';
import { labelsOf } from '../documents/provenance-labels.ts';
import { readSetting } from '../settings.ts';

export class LiveProblems implements Disposable {
  readonly #marks: Pick<TextMarks, 'tracked' | 'onDidChange'>;
  readonly #problems = languages.createDiagnosticCollection('verbatim');
  readonly #listeners: Disposable;

  constructor(marks: Pick<TextMarks, 'tracked' | 'onDidChange'>) {
    this.#marks = marks;
    this.#listeners = Disposable.from(
      this.#problems,
      marks.onDidChange((document) => this.#list(document)),
      workspace.onDidCloseTextDocument(({ uri }) => this.#problems.delete(uri)),
      workspace.onDidChangeConfiguration((event) => {
        if (event.affectsConfiguration('verbatim.live.problems')) workspace.textDocuments.forEach(this.#list);
      }),
    );
  }

  dispose(): void {
    this.#listeners.dispose();
  }

  readonly #list = (document: TextDocument): void => {
    const marks = readSetting('live.problems') ? (this.#marks.tracked(document) ?? []) : [];
    const found = marks.filter((mark): mark is IndexMark => mark.from === 'index');
    if (found.length === 0) this.#problems.delete(document.uri);
    else this.#problems.set(document.uri, found.map(problemOf));
  };
}

function problemOf(mark: IndexMark): Diagnostic {
  const { repository, path, license } = mark.source === null ? NOWHERE : labelsOf(mark.source);
  const where = [repository, path].filter((part) => part !== '').join(' ');
  const often = howOftenIndexed(mark);
  const text = l10n.t('Memorised: {0} · {1} ({2})', often, where, license || l10n.t('licence unknown'));
  // A wave under hundreds of lines would say no more, and hide what other checkers say.
  const range = lineRange({ firstLine: mark.firstLine, lastLine: mark.firstLine });
  const problem = new Diagnostic(range, text, DiagnosticSeverity.Warning);
  problem.source = 'verbatim';
  return problem;
}

const NOWHERE = { repository: '', path: '', license: '' };
