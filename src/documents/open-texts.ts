// Opens what a study found: a fragment's sample beside its training document, or one sample alone.

import { posix } from 'node:path';
import { commands, l10n, Range, type TextEditor, TextEditorRevealType, type Uri, window } from 'vscode';
import type { Provenance, SampleOccurrence, TextRange, TrainOccurrence } from '../../protocol/fragments.ts';
import {
  getFragment,
  getSample,
  listSampleOccurrences,
  listTrainOccurrences,
} from '../../protocol/requests.ts';
import type { StudyId } from '../../protocol/study.ts';
import { UserFault } from '../failure.ts';
import type { StudyServer } from '../study-server.ts';
import { lineRange } from './line-range.ts';
import type { StudyTexts } from './study-texts.ts';
import { sampleUri, trainUri } from './text-ref.ts';

/** A fragment, and on either side the place to show; the first known one where none is given. */
export interface Comparison {
  readonly study: StudyId;
  readonly fingerprint: string;
  readonly sample?: SampleOccurrence;
  readonly train?: TrainOccurrence;
}

export interface SampleRef {
  readonly study: StudyId;
  readonly sampleId: number;
  /** What to reveal; the first memorised line where none is given. */
  readonly firstLine?: number;
}

/** The other editor of a diff appears a moment after the first. */
const EDITOR_LIMIT_MS = 3_000;

export class OpenTexts {
  readonly #server: StudyServer;
  readonly #texts: StudyTexts;

  constructor(server: StudyServer, texts: StudyTexts) {
    this.#server = server;
    this.#texts = texts;
  }

  /** Sample left, training document right, the fragment highlighted and revealed on both sides. */
  async compare(comparison: Comparison): Promise<void> {
    const { study, fingerprint } = comparison;
    const first = { study, fingerprint, offset: 0, limit: 1 };
    const [fragment, sample, train] = await Promise.all([
      this.#server.request(getFragment, { study, fingerprint }),
      comparison.sample ?? this.#server.request(listSampleOccurrences, first).then(({ items }) => items[0]),
      comparison.train ?? this.#server.request(listTrainOccurrences, first).then(({ items }) => items[0]),
    ]);
    if (sample === undefined || train === undefined) {
      throw new UserFault(
        l10n.t('No place of this fragment is known on one side.'),
        l10n.t('Run the study to its end.'),
      );
    }
    const { documentId, provenance } = train;
    const loaded = await this.#texts.loadTrain(study, documentId, { fingerprint, ...linesOf(train) });
    const left = sampleUri(study, sample.sampleId, provenance, { fingerprint, ...linesOf(sample) });
    const right = trainUri(study, documentId, provenance, { fingerprint, ...loaded.range });
    await commands.executeCommand('vscode.diff', left, right, title(sample, provenance, fragment.train), {
      preview: true,
      selection: new Range(lineRange(loaded.range).start, lineRange(loaded.range).start),
    });
    if (loaded.problem !== null) {
      window.setStatusBarMessage(l10n.t('Only the stored excerpt is shown: {0}', loaded.problem), 15_000);
    }
    await Promise.all([reveal(left, sample), reveal(right, loaded.range)]);
  }

  /** One sample with its memorised lines decorated. */
  async openSample({ study, sampleId, firstLine }: SampleRef): Promise<void> {
    const { marks } = await this.#server.request(getSample, { study, sampleId });
    const uri = sampleUri(study, sampleId, marks.find(({ source }) => source !== null)?.source ?? null);
    const editor = await window.showTextDocument(uri, { preview: true });
    const line = firstLine ?? Math.min(...marks.map((mark) => mark.firstLine));
    if (Number.isFinite(line)) revealIn(editor, { firstLine: line, lastLine: line });
  }

  /** One training document alone. */
  async openDocument(study: StudyId, fingerprint: string, train: TrainOccurrence): Promise<void> {
    const { documentId, provenance } = train;
    const loaded = await this.#texts.loadTrain(study, documentId, { fingerprint, ...linesOf(train) });
    const uri = trainUri(study, documentId, provenance, { fingerprint, ...loaded.range });
    revealIn(await window.showTextDocument(uri, { preview: true }), loaded.range);
  }
}

function title(sample: SampleOccurrence, provenance: Provenance, train: number): string {
  const source = [provenance.repository, provenance.path].filter((part) => part !== '').join('/');
  return l10n.t(
    'sample {0} ↔ {1} (train {2})',
    sample.sampleId,
    source || posix.basename(provenance.shard),
    train.toLocaleString(),
  );
}

function linesOf({ firstLine, lastLine }: TextRange): TextRange {
  return { firstLine, lastLine };
}

async function reveal(uri: Uri, lines: TextRange): Promise<void> {
  const editor = await visibleEditor(uri);
  if (editor !== undefined) revealIn(editor, lines);
}

function revealIn(editor: TextEditor, lines: TextRange): void {
  editor.revealRange(lineRange(lines), TextEditorRevealType.InCenterIfOutsideViewport);
}

/** Undefined when the user has closed it in the meantime. */
function visibleEditor(uri: Uri): Promise<TextEditor | undefined> {
  const find = () =>
    window.visibleTextEditors.find(({ document }) => document.uri.toString() === uri.toString());
  const found = find();
  if (found !== undefined) return Promise.resolve(found);
  return new Promise((resolve) => {
    const finish = (editor: TextEditor | undefined) => {
      clearTimeout(timer);
      listener.dispose();
      resolve(editor);
    };
    const timer = setTimeout(() => finish(undefined), EDITOR_LIMIT_MS);
    const listener = window.onDidChangeVisibleTextEditors(() => {
      const editor = find();
      if (editor !== undefined) finish(editor);
    });
  });
}
