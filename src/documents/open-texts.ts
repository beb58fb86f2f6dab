// Opens what a study found: a fragment's sample beside its training document, or one sample alone.

import { posix } from 'node:path';
import {
  commands,
  l10n,
  Range,
  TabInputTextDiff,
  type TextEditor,
  TextEditorRevealType,
  Uri,
  window,
  workspace,
} from 'vscode';
import type { Provenance, SampleOccurrence, TextRange, TrainOccurrence } from '../../protocol/fragments.ts';
import {
  getFragment,
  getSample,
  listSampleOccurrences,
  listTrainOccurrences,
} from '../../protocol/requests.ts';
import type { StudyId } from '../../protocol/study.ts';
import type { TextMarks } from '../decorations/text-marks.ts';
import { UserFault } from '../failure.ts';
import { showStatus } from '../notify.ts';
import type { StudyServer } from '../study-server.ts';
import { lineRange } from './line-range.ts';
import type { StudyTexts } from './study-texts.ts';
import { parseTextUri, sampleUri, trainUri } from './text-ref.ts';

/** A fragment, and on either side the place to show; the first known one where none is given. */
export interface Comparison {
  readonly study: StudyId;
  readonly fingerprint: string;
  readonly sample?: SampleOccurrence;
  readonly train?: TrainOccurrence;
  /** An open text to show in the sample's place. */
  readonly text?: TextRange & { readonly uri: string };
}

export interface SampleRef {
  readonly study: StudyId;
  readonly sampleId: number;
  /** What to reveal; the first memorised line where none is given. */
  readonly firstLine?: number;
}

/** A multi-diff editor opens every one of them. */
const MAX_AT_ONCE = 50;
/** As many as a study keeps of a fragment. */
const MAX_PLACES = 1000;
/** The other editor of a diff appears a moment after the first. */
const EDITOR_LIMIT_MS = 3_000;

export class OpenTexts {
  readonly #server: StudyServer;
  readonly #texts: StudyTexts;
  readonly #marks: Pick<TextMarks, 'read' | 'track' | 'tracked'>;

  constructor(server: StudyServer, texts: StudyTexts, marks: Pick<TextMarks, 'read' | 'track' | 'tracked'>) {
    this.#server = server;
    this.#texts = texts;
    this.#marks = marks;
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
      throw noPlaceKnown();
    }
    const { documentId, provenance } = train;
    const loaded = await this.#texts.loadTrain(study, documentId, { fingerprint, ...linesOf(train) });
    const { text } = comparison;
    const left =
      text === undefined
        ? sampleUri(study, sample.sampleId, provenance, { fingerprint, ...linesOf(sample) })
        : Uri.parse(text.uri, true);
    const name = text === undefined ? l10n.t('sample {0}', sample.sampleId) : posix.basename(left.path);
    const right = trainUri(study, documentId, provenance, { fingerprint, ...loaded.range });
    await commands.executeCommand('vscode.diff', left, right, title(name, provenance, fragment), {
      preview: true,
      selection: new Range(lineRange(loaded.range).start, lineRange(loaded.range).start),
    });
    if (loaded.problem !== null) {
      showStatus(l10n.t('Only the stored excerpt is shown: {0}', loaded.problem), 15_000);
    }
    await Promise.all([reveal(left, text ?? sample), reveal(right, loaded.range)]);
  }

  /** One sample with its memorised lines decorated. */
  async openSample({ study, sampleId, firstLine }: SampleRef): Promise<void> {
    const { marks } = await this.#server.request(getSample, { study, sampleId });
    const uri = sampleUri(study, sampleId, marks.find(({ source }) => source !== null)?.source ?? null);
    const editor = await window.showTextDocument(uri, { preview: true });
    const line = firstLine ?? Math.min(...marks.map((mark) => mark.firstLine));
    if (Number.isFinite(line)) revealIn(editor, { firstLine: line, lastLine: line });
  }

  /** Every place in the training data beside the sample, one under the other. */
  async compareAll(comparison: Comparison): Promise<void> {
    const { study, fingerprint } = comparison;
    const page = { study, fingerprint, offset: 0, limit: MAX_AT_ONCE };
    const [fragment, trains, samples] = await Promise.all([
      this.#server.request(getFragment, { study, fingerprint }),
      this.#server.request(listTrainOccurrences, page),
      this.#server.request(listSampleOccurrences, page),
    ]);
    const sample = comparison.sample ?? samples.items[0];
    if (sample === undefined || trains.items.length === 0) throw noPlaceKnown();
    const resources = await Promise.all(
      trains.items.map(async (train) => {
        const { documentId, provenance } = train;
        const loaded = await this.#texts.loadTrain(study, documentId, { fingerprint, ...linesOf(train) });
        const right = trainUri(study, documentId, provenance, { fingerprint, ...loaded.range });
        const left =
          comparison.text === undefined
            ? sampleUri(study, sample.sampleId, provenance, { fingerprint, ...linesOf(sample) })
            : Uri.parse(comparison.text.uri, true);
        return [right, left, right] as const;
      }),
    );
    const nLeftOff = trains.total - resources.length;
    const shown = l10n.t('{0} occurrences of {1}', resources.length, shortName(fragment.firstLine));
    const text = nLeftOff > 0 ? l10n.t('{0}, {1} more not shown', shown, nLeftOff.toLocaleString()) : shown;
    await commands.executeCommand('vscode.changes', text, resources);
  }

  /** From the comparison in front to the fragment's next place, in the training data or else in the samples. */
  async step(direction: 1 | -1): Promise<void> {
    const input = window.tabGroups.activeTabGroup.activeTab?.input;
    const right = input instanceof TabInputTextDiff ? parseTextUri(input.modified) : null;
    if (!(input instanceof TabInputTextDiff) || !right?.highlight) {
      throw new UserFault(l10n.t('No comparison is in front.'), l10n.t('Open a fingerprint first.'));
    }
    const left = parseTextUri(input.original);
    const { study } = right;
    const { fingerprint } = right.highlight;
    const page = { study, fingerprint, offset: 0, limit: MAX_PLACES };
    const [trains, samples] = await Promise.all([
      this.#server.request(listTrainOccurrences, page).then(({ items }) => items),
      this.#server.request(listSampleOccurrences, page).then(({ items }) => items),
    ]);
    const { firstLine } = right.highlight;
    const atTrain = Math.max(
      0,
      indexOf(trains, (train) => train.documentId === right.id, firstLine),
    );
    const text = left === null ? this.#placeIn(input.original, fingerprint) : undefined;
    const atSample = Math.max(
      0,
      indexOf(samples, ({ sampleId }) => sampleId === left?.id, left?.highlight?.firstLine ?? 0),
    );
    const train = trains.length > 1 ? at(trains, atTrain + direction) : trains[atTrain];
    const sample = trains.length > 1 ? samples[atSample] : at(samples, atSample + direction);
    if (train === undefined || sample === undefined) throw noPlaceKnown();
    await this.compare({ study, fingerprint, sample, train, ...(text === undefined ? {} : { text }) });
  }

  /** Where a fragment stands in an open text now; its beginning, where it has been changed away. */
  #placeIn(uri: Uri, fingerprint: string): NonNullable<Comparison['text']> {
    const document = openDocumentOf(uri);
    const marks = document === undefined ? [] : (this.#marks.tracked(document) ?? []);
    const { firstLine = 1, lastLine = 1 } = marks.find((mark) => mark.fingerprint === fingerprint) ?? {};
    return { uri: uri.toString(), firstLine, lastLine };
  }

  /** A copy of a sample that can be edited; its marks follow the edits. */
  async editSample(uri: Uri): Promise<void> {
    const sample = await this.#marks.read(uri);
    if (sample === undefined) {
      throw new UserFault(l10n.t('This is no sample.'), l10n.t('Open a sample first.'));
    }
    const language = openDocumentOf(uri);
    const document = await workspace.openTextDocument({
      content: sample.text,
      ...(language === undefined ? {} : { language: language.languageId }),
    });
    this.#marks.track(document, sample.marks);
    await window.showTextDocument(document, { preview: false });
  }

  /** One training document alone. */
  async openDocument(study: StudyId, fingerprint: string, train: TrainOccurrence): Promise<void> {
    const { documentId, provenance } = train;
    const loaded = await this.#texts.loadTrain(study, documentId, { fingerprint, ...linesOf(train) });
    const uri = trainUri(study, documentId, provenance, { fingerprint, ...loaded.range });
    revealIn(await window.showTextDocument(uri, { preview: true }), loaded.range);
  }
}

const openDocumentOf = (uri: Uri) =>
  workspace.textDocuments.find((open) => open.uri.toString() === uri.toString());

function title(
  left: string,
  provenance: Provenance,
  { train, extract }: { readonly train: number; readonly extract: number },
): string {
  const source = [provenance.repository, provenance.path].filter((part) => part !== '').join('/');
  return l10n.t(
    '{0} ↔ {1} (train {2}, extract {3})',
    left,
    source || posix.basename(provenance.shard),
    train.toLocaleString(),
    extract.toLocaleString(),
  );
}

const noPlaceKnown = () =>
  new UserFault(
    l10n.t('No place of this fragment is known on one side.'),
    l10n.t('Run the study to its end.'),
  );

function shortName(line: string): string {
  const text = line.trim();
  return text.length > 30 ? `${text.slice(0, 29)}…` : text;
}

/** Around the end, and around the beginning. */
const at = <T>(items: readonly T[], index: number): T | undefined =>
  items[(index + items.length) % items.length];

/** The one at that line; where an excerpt is shown, its lines are its own, and the first in that text is meant. */
function indexOf<T extends TextRange>(
  items: readonly T[],
  isThere: (item: T) => boolean,
  firstLine: number,
): number {
  const exact = items.findIndex((item) => isThere(item) && item.firstLine === firstLine);
  return exact >= 0 ? exact : items.findIndex(isThere);
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
