// What can be done about a memorised line, behind the light bulb: each is a command, which the palette and the hover
// offer, too.

import {
  CodeAction,
  CodeActionKind,
  type CodeActionProvider,
  l10n,
  type Range,
  type TextDocument,
} from 'vscode';
import { matchPlace } from '../decorations/index-mark.ts';
import type { IndexMark, TextMarks } from '../decorations/text-marks.ts';
import { lineRange } from '../documents/line-range.ts';

export const MATCH_ACTIONS = { providedCodeActionKinds: [CodeActionKind.QuickFix] };

export class MatchActions implements CodeActionProvider {
  readonly #marks: Pick<TextMarks, 'tracked'>;

  constructor(marks: Pick<TextMarks, 'tracked'>) {
    this.#marks = marks;
  }

  provideCodeActions(document: TextDocument, range: Range): CodeAction[] {
    const marks = this.#marks.tracked(document) ?? [];
    return marks
      .filter((mark): mark is IndexMark => mark.from === 'index')
      .filter((mark) => lineRange(mark).intersection(range) !== undefined)
      .flatMap((mark) => {
        const { match } = mark;
        const action = (title: string, command: string) => {
          const made = new CodeAction(title, CodeActionKind.QuickFix);
          made.command = { title, command, arguments: [matchPlace(document.uri, mark)] };
          return made;
        };
        return [
          action(l10n.t('Insert a notice with source and licence'), 'verbatim.insertNotice'),
          action(l10n.t('Open the source in a diff'), 'verbatim.openSource'),
          ...(match.isVerified ? [action(l10n.t('Accept into the baseline…'), 'verbatim.acceptMatch')] : []),
        ];
      });
  }
}
