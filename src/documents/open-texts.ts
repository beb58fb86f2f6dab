// Opens what a study found: a fragment's sample beside its training document, or one sample alone.

import { posix } from 'node:path';
import { commands, l10n, type TextEditor, TextEditorRevealType, type Uri, window, workspace } from 'vscode';
import { forLabel } from '../../guard/text/for-label.ts';
import type { Comparison } from '../../protocol/comparison.ts';
import type { TextRange, TrainOccurrence } from '../../protocol/fragments.ts';
import { getSample } from '../../protocol/requests.ts';
import type { StudyId } from '../../protocol/study.ts';
import type { TextMarks } from '../decorations/text-marks.ts';
import { UserFault } from '../failure.ts';
import { showStatus } from '../notify.ts';
import type { StudyServer } from '../study-server.ts';
import { tickStep } from '../walkthrough-steps.ts';
import {
  type ComparisonTarget,
  documentUri,
  leftUri,
  type PlaceInText,
  requestOf,
} from './comparison-target.ts';
import type { Comparisons } from './comparisons.ts';
import { lineRange } from './line-range.ts';
import { withHeading } from './provenance-labels.ts';
import { knownLanguage } from './quiet-languages.ts';
import type { SideBySide } from './side-by-side.ts';
import type { StudyFiles } from './study-files.ts';
import { parseTextUri, SAMPLE_SCHEME, sampleUri, trainUri } from './text-ref.ts';

export interface SampleRef {
  readonly study: StudyId;
  readonly sampleId: number;
  /** The line to reveal; the first memorised one if none is given. */
  readonly firstLine?: number;
}

/** Places shown at once, since a multi-diff editor opens every one of them. */
const MAX_AT_ONCE = 50;

export class OpenTexts {
  readonly #server: StudyServer;
  readonly #comparisons: Pick<Comparisons, 'ask' | 'askAll'>;
  readonly #files: Pick<StudyFiles, 'openWith'>;
  readonly #marks: Pick<TextMarks, 'expect' | 'read' | 'track' | 'tracked'>;
  readonly #columns: Pick<SideBySide, 'show' | 'showAlone' | 'leave' | 'inFront'>;
  #nAsked = 0;

  constructor(
    server: StudyServer,
    comparisons: Pick<Comparisons, 'ask' | 'askAll'>,
    files: Pick<StudyFiles, 'openWith'>,
    marks: Pick<TextMarks, 'expect' | 'read' | 'track' | 'tracked'>,
    columns: Pick<SideBySide, 'show' | 'showAlone' | 'leave' | 'inFront'>,
  ) {
    this.#server = server;
    this.#comparisons = comparisons;
    this.#files = files;
    this.#marks = marks;
    this.#columns = columns;
  }

  /** Opens a sample on the left and a training document on the right, with the fragment revealed on both sides. */
  async compare(target: ComparisonTarget): Promise<void> {
    await this.#openNewest(
      async () => this.#comparisons.ask(await requestOf(target, this.#marks)),
      (answer) => this.#show(answer, target),
    );
  }

  /** Opens one sample with its memorised lines decorated. */
  async openSample({ study, sampleId, firstLine }: SampleRef): Promise<void> {
    const ask = () => this.#server.request(getSample, { study, sampleId });
    await this.#openNewest(ask, async ({ text, marks }) => {
      const uri = sampleUri(study, sampleId, marks.find(({ source }) => source !== null)?.source ?? null);
      this.#marks.expect(uri, marks);
      await this.#files.openWith([[uri, text]], async () => {
        const editor = await this.#columns.showAlone(uri);
        const line =
          firstLine ??
          marks.reduce((least, mark) => Math.min(least, mark.firstLine), Number.POSITIVE_INFINITY);
        if (Number.isFinite(line)) revealIn(editor, { firstLine: line, lastLine: line });
      });
    });
  }

  /** Shows what `ask` gives, unless something else was asked for meanwhile: a late answer replaces no newer one. */
  async #openNewest<Answer>(
    ask: () => Promise<Answer>,
    show: (answer: Answer) => Promise<void>,
  ): Promise<void> {
    const own = ++this.#nAsked;
    const answer = await ask();
    if (own === this.#nAsked) await show(answer);
  }

  /** Opens every place in the training data beside the sample, one under the other. */
  async compareAll(target: ComparisonTarget): Promise<void> {
    const { study } = target;
    const { train: _, ...request } = await requestOf(target, this.#marks);
    const { fragment, sample, documents, total } = await this.#comparisons.askAll({
      ...request,
      limit: MAX_AT_ONCE,
    });
    if (documents.length === 0) throw noPlaceKnown();
    const { fingerprint } = fragment;
    const texts: (readonly [Uri, string])[] = [];
    const resources = documents.map(({ documentId, provenance, text, lines }) => {
      const right = trainUri(
        study,
        documentId,
        withHeading(provenance, sample.sampleId),
        { fingerprint, ...lines.fragment },
        sample.sampleId ?? undefined,
      );
      const own = leftUri(target, sample, provenance, { fingerprint, ...sample.lines.fragment });
      // VS Code strikes one of two names through, as if a file had been renamed.
      const left = own.scheme === SAMPLE_SCHEME ? own.with({ path: right.path }) : own;
      if (text !== null) texts.push([right, text]);
      if (sample.text !== null) texts.push([left, sample.text]);
      return [right, left, right] as const;
    });
    const nLeftOff = total - resources.length;
    const name = shortName(forLabel(fragment.firstLine));
    const shown =
      resources.length === 1
        ? l10n.t('1 occurrence of {0}', name)
        : l10n.t('{0} occurrences of {1}', resources.length, name);
    const text = nLeftOff > 0 ? l10n.t('{0}, {1} more not shown', shown, nLeftOff.toLocaleString()) : shown;
    await this.#files.openWith(texts, async () => {
      await this.#columns.leave(); // Many texts below each other need all of the width.
      await commands.executeCommand('vscode.changes', text, resources);
    });
  }

  /** Goes from the comparison in front to the fragment's next place, in the training data or else in the samples. */
  async step(direction: 1 | -1): Promise<void> {
    const pair = this.#columns.inFront();
    const right = pair && parseTextUri(pair.right);
    if (pair === undefined || !right?.highlight) {
      throw new UserFault(l10n.t('No comparison is in front.'), l10n.t('Open a fragment first.'));
    }
    const left = parseTextUri(pair.left);
    const { study } = right;
    const { fingerprint, firstLine } = right.highlight;
    const target: ComparisonTarget = {
      study,
      fingerprint,
      train: { documentId: right.id, firstLine },
      ...(left === null
        ? { text: this.#placeIn(pair.left, fingerprint) }
        : { sample: { sampleId: left.id, firstLine: left.highlight?.firstLine ?? 0 } }),
    };
    await this.#openNewest(
      async () => this.#comparisons.ask({ ...(await requestOf(target, this.#marks)), step: direction }),
      (answer) => this.#show(answer, target),
    );
  }

  /** The place of a fragment in an open text now; its beginning, where it has been changed away. */
  #placeIn(uri: Uri, fingerprint: string): PlaceInText {
    const document = openDocumentOf(uri);
    const marks = document === undefined ? [] : (this.#marks.tracked(document) ?? []);
    const { firstLine = 1, lastLine = 1 } = marks.find((mark) => mark.fingerprint === fingerprint) ?? {};
    return { uri: uri.toString(), firstLine, lastLine };
  }

  /** Opens a copy of a sample that can be edited; its marks follow the edits. */
  async editSample(uri: Uri): Promise<void> {
    const sample = await this.#marks.read(uri);
    if (sample === undefined) {
      throw new UserFault(l10n.t('This is no sample.'), l10n.t('Open a sample first.'));
    }
    const language = openDocumentOf(uri);
    const document = await workspace.openTextDocument({
      content: sample.text,
      ...(language === undefined ? {} : { language: knownLanguage(language.languageId) }),
    });
    this.#marks.track(document, 'study', sample.marks);
    await window.showTextDocument(document, { preview: false });
  }

  /** Opens one training document alone. */
  async openDocument(study: StudyId, fingerprint: string, train: TrainOccurrence): Promise<void> {
    const { documentId, firstLine } = train;
    const { document, sample } = await this.#comparisons.ask({
      study,
      fingerprint,
      train: { documentId, firstLine },
    });
    const uri = documentUri(study, fingerprint, document, sample);
    await this.#files.openWith(textsOf([uri, document.text]), async () => {
      revealIn(await this.#columns.showAlone(uri), document.lines.fragment);
    });
  }

  async #show({ fragment, sample, document }: Comparison, target: ComparisonTarget): Promise<void> {
    const { fingerprint } = fragment;
    const { provenance, documentId } = document;
    const highlight = { fingerprint, ...sample.lines.fragment };
    const left = leftUri(target, sample, provenance, highlight, documentId);
    const right = documentUri(target.study, fingerprint, document, sample);
    await this.#files.openWith(textsOf([left, sample.text], [right, document.text]), () =>
      this.#columns.show(
        { uri: left, lines: sample.lines.fragment },
        { uri: right, lines: document.lines.fragment },
      ),
    );
    tickStep('compare');
    if (document.problem !== null) {
      showStatus(l10n.t('Only the stored excerpt is shown: {0}', forLabel(document.problem)), 15_000);
    }
  }

  /** Opens the texts of the comparison in front in a diff editor, with the colours that the user's theme has for it. */
  async showDifferences(): Promise<void> {
    const pair = this.#columns.inFront();
    if (pair === undefined) {
      throw new UserFault(l10n.t('No comparison is in front.'), l10n.t('Open a fragment first.'));
    }
    const names = [pair.left, pair.right].map(({ path }) => forLabel(posix.basename(path)));
    await commands.executeCommand('vscode.diff', pair.left, pair.right, names.join(' ↔ '), { preview: true });
  }
}

/** The texts that came with the answer. */
const textsOf = (...texts: readonly (readonly [Uri, string | null])[]) =>
  texts.filter((each): each is readonly [Uri, string] => each[1] !== null);

const openDocumentOf = (uri: Uri) =>
  workspace.textDocuments.find((open) => open.uri.toString() === uri.toString());

const noPlaceKnown = () =>
  new UserFault(
    l10n.t('No place of this fragment is known on one side.'),
    l10n.t('Run the study to its end.'),
  );

function shortName(line: string): string {
  const text = line.trim();
  return text.length > 30 ? `${text.slice(0, 29)}…` : text;
}

function revealIn(editor: TextEditor, lines: TextRange): void {
  editor.revealRange(lineRange(lines), TextEditorRevealType.InCenterIfOutsideViewport);
}
