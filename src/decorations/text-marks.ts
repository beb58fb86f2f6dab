// The memorised pieces of every open text that they are known of: of samples, of copies that a user edits, and of
// any text that was searched for them. In all but samples the marks follow the edits. Others ask for them here and
// hear when they change.

import {
  type Disposable,
  EventEmitter,
  type TextDocument,
  type TextDocumentContentChangeEvent,
  type Uri,
  workspace,
} from 'vscode';
import type { CheckedMatch } from '../../protocol/checked-text.ts';
import type { SampleMark } from '../../protocol/fragments.ts';
import { getSample } from '../../protocol/requests.ts';
import type { StudyId } from '../../protocol/study.ts';
import { parseTextUri, SAMPLE_SCHEME } from '../documents/text-ref.ts';
import type { StudyServer } from '../study-server.ts';
import { followEdits, lineChange } from './follow-edits.ts';

/** A piece of a text that training data holds: as a study says, or as an index does. */
export type TextMark = StudyMark | IndexMark;

/** A mark that a comparison can begin at, with how exact its count is. */
export interface StudyMark extends SampleMark {
  readonly from: 'study';
  readonly study: StudyId;
  /** `part`: the text holds some lines of the fragment only. */
  readonly extent: 'whole' | 'part';
  /** Null in a text that may be edited: what stands there is compared itself. */
  readonly sampleId: number | null;
}

/** Without a fingerprint where nothing was verified; its count is then that of the documents which may hold it. */
export interface IndexMark extends SampleMark {
  readonly from: 'index';
  readonly match: CheckedMatch;
}

type Marks = readonly TextMark[];

export class TextMarks implements Disposable {
  readonly #server: StudyServer;
  readonly #changed = new EventEmitter<TextDocument>();
  readonly #listener: Disposable;
  /** The marks of samples, for as long as their documents are open. */
  readonly #samples = new WeakMap<TextDocument, Promise<Marks>>();
  readonly #tracked = new WeakMap<TextDocument, Marks>();
  /** What came with the text of a sample that is about to open. One at a time: the next click is another sample's. */
  #expected: { readonly uri: string; readonly marks: readonly SampleMark[] } | undefined;

  readonly onDidChange = this.#changed.event;

  constructor(server: StudyServer) {
    this.#server = server;
    this.#listener = workspace.onDidChangeTextDocument(({ document, contentChanges }) => {
      const marks = this.#tracked.get(document);
      if (marks === undefined || contentChanges.length === 0) return;
      // With several changes at once, lines of the text now say nothing of where each began.
      const [only, ...others] = contentChanges;
      const changes =
        others.length === 0
          ? [lineChange(only!, placeOf(document, only!))]
          : contentChanges.map((change) => lineChange(change, 'within'));
      this.#tracked.set(document, followEdits(marks, changes));
      this.#changed.fire(document);
    });
  }

  dispose(): void {
    this.#listener.dispose();
    this.#changed.dispose();
  }

  /** Undefined for a text of which nothing is known, and for a sample beside its training document. */
  of(document: TextDocument): Promise<Marks> | Marks | undefined {
    return this.#tracked.get(document) ?? this.#sampleOf(document);
  }

  /** The marks of a text that may be edited. */
  tracked(document: TextDocument): Marks | undefined {
    return this.#tracked.get(document);
  }

  /** From here on these are what a study, or an index, says of the document; its text is the one they were found in. */
  track<From extends TextMark['from']>(
    document: TextDocument,
    from: From,
    marks: readonly (TextMark & { readonly from: From })[],
  ): void {
    const others = this.#tracked.get(document)?.filter((mark) => mark.from !== from) ?? [];
    this.#tracked.set(document, [...others, ...marks]);
    this.#changed.fire(document);
  }

  /** The sample is about to be opened, and these are its marks. */
  expect(uri: Uri, marks: readonly SampleMark[]): void {
    this.#expected = { uri: uri.toString(), marks };
  }

  async read(uri: Uri): Promise<{ readonly text: string; readonly marks: readonly StudyMark[] } | undefined> {
    const ref = parseTextUri(uri);
    if (ref?.scheme !== SAMPLE_SCHEME) return undefined;
    const { study, id: sampleId } = ref;
    const { text, marks } = await this.#server.request(getSample, { study, sampleId });
    return {
      text,
      marks: marks.map((mark) => ({ ...mark, from: 'study', study, sampleId: null, extent: 'whole' })),
    };
  }

  #sampleOf(document: TextDocument): Promise<Marks> | undefined {
    const ref = parseTextUri(document.uri);
    // A comparison shows its one fragment alone.
    if (ref?.scheme !== SAMPLE_SCHEME || ref.highlight !== null) return undefined;
    let marks = this.#samples.get(document);
    if (marks === undefined) {
      const { study, id: sampleId } = ref;
      marks = this.#marksOf(document.uri, study, sampleId).then((known) =>
        known.map((mark) => ({ ...mark, from: 'study', study, sampleId, extent: 'whole' })),
      );
      marks.catch(() => this.#samples.delete(document)); // The next look may succeed.
      this.#samples.set(document, marks);
    }
    return marks;
  }

  async #marksOf(uri: Uri, study: StudyId, sampleId: number): Promise<readonly SampleMark[]> {
    const expected = this.#expected;
    if (expected?.uri !== uri.toString()) {
      return (await this.#server.request(getSample, { study, sampleId })).marks;
    }
    this.#expected = undefined;
    return expected.marks;
  }
}

/** Whether text was put in where a line ended: nothing follows it on its last line now. */
function placeOf(
  document: TextDocument,
  { range: { start, end }, text }: TextDocumentContentChangeEvent,
): 'line end' | 'within' {
  const lines = text.split(/\r\n|\r|\n/);
  const last = start.line + lines.length - 1;
  const isEmpty = start.isEqual(end);
  const isLast = last < document.lineCount && document.lineAt(last).text === lines.at(-1);
  return isEmpty && isLast && lines.length > 1 ? 'line end' : 'within';
}
