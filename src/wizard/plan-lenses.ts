// A line above a plan file that runs it, and the command that writes one.

import { CodeLens, type CodeLensProvider, l10n, Range, type TextDocument } from 'vscode';

export const PLAN_FILES = { scheme: 'file', pattern: '**/*.verbatim.json' };

export class PlanLenses implements CodeLensProvider {
  provideCodeLenses(document: TextDocument): CodeLens[] {
    return [
      new CodeLens(new Range(0, 0, 0, 0), {
        title: l10n.t('$(run) Run this study'),
        command: 'verbatim.runPlan',
        arguments: [document.uri],
      }),
    ];
  }
}

/** What a new plan file holds. */
export const newPlanText = (): string =>
  `${JSON.stringify({ model: 'path/to/checkpoint', corpus: ['path/to/training-data'], samples: 2000, maxTokens: 256, seed: 0 }, null, 2)}\n`;
