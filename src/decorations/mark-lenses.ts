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
import type { SampleMarks } from './sample-marks.ts';

export class MarkLenses implements CodeLensProvider, Disposable {
  readonly #marks: SampleMarks;
  readonly #changed = new EventEmitter<void>();
  readonly #listeners: Disposable;

  readonly onDidChangeCodeLenses = this.#changed.event;

  constructor(marks: SampleMarks) {
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
    const sample = await this.#marks.of(document);
    if (sample === undefined) return [];
    const { study, sampleId, marks } = sample;
    return marks.flatMap(({ fingerprint, train, firstLine, lastLine }) => {
      const comparison = { study, fingerprint, sample: { sampleId, firstLine, lastLine } };
      const range = lineRange({ firstLine, lastLine: firstLine });
      const count = train === 1 ? l10n.t('once') : l10n.t('{0} times', train.toLocaleString());
      return [
        new CodeLens(range, {
          title: l10n.t('Memorised: {0} in the training data', count),
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
