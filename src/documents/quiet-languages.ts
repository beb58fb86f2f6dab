// Samples end where the model was cut off, and the editor's checkers would list their errors among the user's own
// problems. Our texts get languages of their own, which look the same and which no checker knows.

import { type Disposable, languages, type TextDocument, workspace } from 'vscode';
import { isOurText } from './text-ref.ts';

const PREFIX = 'verbatim-';

/** The languages whose checkers look at texts of any scheme; each has its twin in the manifest. */
const CHECKED: readonly string[] = [
  'javascript',
  'javascriptreact',
  'typescript',
  'typescriptreact',
  'json',
  'jsonc',
  'css',
  'scss',
  'less',
  'php',
];

export function quietLanguages(): Disposable {
  for (const document of workspace.textDocuments) quieten(document);
  return workspace.onDidOpenTextDocument(quieten);
}

function quieten(document: TextDocument): void {
  if (!isOurText(document.uri) || !CHECKED.includes(document.languageId)) return;
  void languages.setTextDocumentLanguage(document, PREFIX + document.languageId);
}

/** The language that everybody knows. */
export const knownLanguage = (languageId: string): string =>
  languageId.startsWith(PREFIX) ? languageId.slice(PREFIX.length) : languageId;
