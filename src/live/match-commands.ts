// What the user does about a piece that stands in the corpus of the index: a notice, a diff, or the baseline.

import { posix } from 'node:path';
import {
  commands,
  EndOfLine,
  l10n,
  Position,
  Range,
  Selection,
  type TextDocument,
  type TextEditor,
  Uri,
  window,
  workspace,
} from 'vscode';
import { forLabel } from '../../guard/text/for-label.ts';
import type { CheckedSource } from '../../protocol/checked-text.ts';
import { acceptFragments } from '../../protocol/views.ts';
import type { CommandMap } from '../command-map.ts';
import type { MatchPlace } from '../decorations/index-mark.ts';
import type { IndexMark, TextMarks } from '../decorations/text-marks.ts';
import { lineRange } from '../documents/line-range.ts';
import { labelsOf } from '../documents/provenance-labels.ts';
import { UserFault } from '../failure.ts';
import { askReason, requireBaseline } from '../fragment-commands.ts';
import type { StudyLocation } from '../studies/study-location.ts';
import type { StudyServer } from '../study-server.ts';
import { sourceUri } from './indexed-texts.ts';
import type { LiveIndex } from './live-index.ts';
import { noticeOf } from './notice.ts';

type Names = 'verbatim.lookUp' | 'verbatim.insertNotice' | 'verbatim.openSource' | 'verbatim.acceptMatch';

export interface MatchParts {
  readonly server: Pick<StudyServer, 'request'>;
  readonly location: Pick<StudyLocation, 'baselineFile'>;
  readonly marks: Pick<TextMarks, 'tracked'>;
  readonly live: LiveIndex;
}

export function matchCommands({ server, location, marks, live }: MatchParts): Pick<CommandMap, Names> {
  const find = async (
    place: MatchPlace | undefined,
  ): Promise<{ document: TextDocument; mark: IndexMark }> => {
    live.require();
    const document = await documentOf(place?.uri);
    const found = marks.tracked(document)?.filter((each): each is IndexMark => each.from === 'index') ?? [];
    const line = (window.activeTextEditor?.selection.active.line ?? 0) + 1;
    const mark = found.find(({ firstLine, lastLine }) =>
      place === undefined ? firstLine <= line && line <= lastLine : firstLine === place.firstLine,
    );
    if (mark !== undefined) return { document, mark };
    throw new UserFault(
      l10n.t('Nothing of the indexed corpus is known to stand here.'),
      l10n.t('Look the text up, and put the cursor into a marked line.'),
    );
  };

  return {
    async 'verbatim.lookUp'(text) {
      live.require(); // No text is opened for nothing.
      await live.lookUp(await documentOf(text?.toString()));
    },
    async 'verbatim.insertNotice'(place) {
      const { document, mark } = await find(place);
      await insertNotice(await editorOf(document), mark);
    },
    async 'verbatim.openSource'(place) {
      const { document, mark } = await find(place);
      const source = await chooseSource(mark.match.sources);
      if (source === undefined) return;
      const left = sourceUri(source);
      const names = [left, document.uri].map(({ path }) => forLabel(posix.basename(path)));
      await commands.executeCommand('vscode.diff', left, document.uri, names.join(' ↔ '), {
        preview: true,
        selection: new Range(mark.firstLine - 1, 0, mark.firstLine - 1, 0),
      });
    },
    async 'verbatim.acceptMatch'(place, given) {
      const { mark } = await find(place);
      const baseline = requireBaseline(location);
      if (mark.fingerprint === '') {
        throw new UserFault(
          l10n.t('Only what was compared with the training data can be accepted.'),
          l10n.t('Tell where the corpus is now, with verbatim.live.root.'),
        );
      }
      const reason = given ?? (await askReason());
      if (reason === undefined) return;
      await server.request(acceptFragments, { baseline, fingerprints: [mark.fingerprint], reason });
      await live.lookUpAgain();
    },
  };
}

async function documentOf(uri: string | undefined): Promise<TextDocument> {
  if (uri !== undefined) return await workspace.openTextDocument(Uri.parse(uri, true));
  const document = window.activeTextEditor?.document;
  if (document === undefined) throw new UserFault(l10n.t('No text is open.'), l10n.t('Open a file first.'));
  return document;
}

async function editorOf(document: TextDocument): Promise<TextEditor> {
  const visible = window.visibleTextEditors.find((editor) => editor.document === document);
  return visible ?? (await window.showTextDocument(document, { preview: false }));
}

/** Puts it above the piece, and lets the editor make a comment of it: it knows each language's signs. */
async function insertNotice(editor: TextEditor, mark: IndexMark): Promise<void> {
  const notice = noticeOf(mark.match);
  const { document } = editor;
  const line = mark.firstLine - 1;
  const [indent] = /^\s*/.exec(document.lineAt(line).text)!;
  const end = document.eol === EndOfLine.CRLF ? '\r\n' : '\n';
  const text = notice.map((each) => indent + each + end).join('');
  const inserted = await editor.edit((edit) => edit.insert(new Position(line, 0), text), {
    undoStopBefore: true,
    undoStopAfter: false,
  });
  if (!inserted) throw new UserFault(l10n.t('This text cannot be changed.'), l10n.t('Save a copy of it.'));
  await window.showTextDocument(document, { viewColumn: editor.viewColumn! });
  editor.selection = new Selection(line, 0, line + notice.length - 1, Number.MAX_SAFE_INTEGER);
  await commands.executeCommand('editor.action.addCommentLine');
  editor.selection = new Selection(line, 0, line, 0);
  editor.revealRange(lineRange({ firstLine: line + 1, lastLine: line + 1 }));
}

async function chooseSource(sources: readonly CheckedSource[]): Promise<CheckedSource | undefined> {
  if (sources.length < 2) return sources[0];
  const items = sources.map((source) => {
    const { repository, path, license } = labelsOf(source);
    return { label: path || repository, description: repository, detail: license, source };
  });
  const title = l10n.t('Which source is opened?');
  return (await window.showQuickPick(items, { title, matchOnDescription: true }))?.source;
}
