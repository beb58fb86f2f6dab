// The memorised pieces of every open text that a model wrote: of samples, and of copies that a user edits, where
// the marks follow the edits. Others ask for them here and hear when they change.

import {
  type Disposable,
  EventEmitter,
  type TextDocument,
  type TextDocumentContentChangeEvent,
  type Uri,
  workspace,
} from 'vscode';
import type { SampleMark } from '../../protocol/fragments.ts';
import { getSample } from '../../protocol/requests.ts';
import type { StudyId } from '../../protocol/study.ts';
import { parseTextUri, SAMPLE_SCHEME } from '../documents/text-ref.ts';
import type { StudyServer } from '../study-server.ts';
import { followEdits, lineChange } from './follow-edits.ts';

export interface MarkedSample {
  readonly study: StudyId;
  readonly sampleId: number;
  readonly marks: readonly SampleMark[];
}

export class SampleMarks implements Disposable {
  readonly #server: StudyServer;
  readonly #changed = new EventEmitter<TextDocument>();
  readonly #listener: Disposable;
  /** For as long as the document is open. */
  readonly #samples = new WeakMap<TextDocument, Promise<MarkedSample>>();
  readonly #copies = new WeakMap<TextDocument, MarkedSample>();

  readonly onDidChange = this.#changed.event;

  constructor(server: StudyServer) {
    this.#server = server;
    this.#listener = workspace.onDidChangeTextDocument(({ document, contentChanges }) => {
      const copy = this.#copies.get(document);
      if (copy === undefined || contentChanges.length === 0) return;
      // With several changes at once, lines of the text now say nothing of where each began.
      const [only, ...others] = contentChanges;
      const changes =
        others.length === 0
          ? [lineChange(only!, placeOf(document, only!))]
          : contentChanges.map((change) => lineChange(change, 'within'));
      this.#copies.set(document, { ...copy, marks: followEdits(copy.marks, changes) });
      this.#changed.fire(document);
    });
  }

  dispose(): void {
    this.#listener.dispose();
    this.#changed.dispose();
  }

  /** Undefined for a text without marks of its own: another file, or one side of a comparison. */
  of(document: TextDocument): Promise<MarkedSample> | MarkedSample | undefined {
    return this.#copies.get(document) ?? this.#sampleOf(document);
  }

  /** From here on the document counts as a copy of that sample, whose text it has. */
  track(document: TextDocument, sample: MarkedSample): void {
    this.#copies.set(document, sample);
    this.#changed.fire(document);
  }

  async read(uri: Uri): Promise<(MarkedSample & { readonly text: string }) | undefined> {
    const ref = parseTextUri(uri);
    if (ref?.scheme !== SAMPLE_SCHEME) return undefined;
    const { study, id: sampleId } = ref;
    const { text, marks } = await this.#server.request(getSample, { study, sampleId });
    return { study, sampleId, marks, text };
  }

  #sampleOf(document: TextDocument): Promise<MarkedSample> | undefined {
    const ref = parseTextUri(document.uri);
    // A comparison shows its one fragment alone.
    if (ref?.scheme !== SAMPLE_SCHEME || ref.highlight !== null) return undefined;
    let sample = this.#samples.get(document);
    if (sample === undefined) {
      const { study, id: sampleId } = ref;
      sample = this.#server
        .request(getSample, { study, sampleId })
        .then(({ marks }) => ({ study, sampleId, marks }));
      sample.catch(() => this.#samples.delete(document)); // The next look may succeed.
      this.#samples.set(document, sample);
    }
    return sample;
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
