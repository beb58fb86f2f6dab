// Looks texts up in the index that the user has chosen: what arrives in one edit of as many lines as a match has at
// least, and every file that is saved. Nothing is opened while none is chosen or the workspace is not trusted, and
// nothing leaves the machine.

import { isAbsolute } from 'node:path';
import { Disposable, EventEmitter, l10n, type TextDocument, type Uri, workspace } from 'vscode';
import { type CheckedText, checkWithIndex } from '../../protocol/checked-text.ts';
import { describeIndex, type IndexPlace, type IndexSummary } from '../../protocol/corpus-index.ts';
import { indexMark } from '../decorations/index-mark.ts';
import type { TextMarks } from '../decorations/text-marks.ts';
import type { ErrorFunnel } from '../error-funnel.ts';
import { failureOf, UserFault } from '../failure.ts';
import { readSetting } from '../settings.ts';
import type { StudyLocation } from '../studies/study-location.ts';
import type { StudyServer } from '../study-server.ts';
import { howToTrust } from '../trust/require-trust.ts';
import { insertedLines } from './inserted-lines.ts';

/** Texts that users write. Ours are what they are compared with. */
const SCHEMES: ReadonlySet<string> = new Set(['file', 'untitled', 'vscode-notebook-cell']);

export interface LiveParts {
  readonly server: Pick<StudyServer, 'request'>;
  readonly marks: Pick<TextMarks, 'track' | 'tracked'>;
  readonly location: Pick<StudyLocation, 'baselineFile'>;
  readonly errors: Pick<ErrorFunnel, 'report'>;
}

export class LiveIndex implements Disposable {
  readonly #parts: LiveParts;
  readonly #changed = new EventEmitter<void>();
  readonly #chosen = new EventEmitter<void>();
  readonly #listeners: Disposable;
  readonly #answers = new WeakMap<TextDocument, CheckedText>();
  readonly #running = new Map<TextDocument, Promise<void>>();
  #summary: IndexSummary | undefined;
  #failure: string | undefined;

  /** When an answer came, or there is another index, or none. */
  readonly onDidChange = this.#changed.event;
  /** When there is another index, or none. */
  readonly onDidChoose = this.#chosen.event;

  constructor(parts: LiveParts) {
    this.#parts = parts;
    this.#listeners = Disposable.from(
      workspace.onDidChangeTextDocument(({ document, contentChanges }) => {
        const enough = this.#summary?.rule.minLines ?? 2;
        if (insertedLines(contentChanges) >= enough) void this.#lookUpQuietly(document);
      }),
      workspace.onDidSaveTextDocument((document) => void this.#lookUpQuietly(document)),
      workspace.onDidGrantWorkspaceTrust(() => void this.#begin()),
      workspace.onDidChangeConfiguration((event) => {
        const names = ['verbatim.live.index', 'verbatim.live.root'];
        if (names.some((name) => event.affectsConfiguration(name))) void this.#begin();
      }),
    );
    void this.#begin();
  }

  dispose(): void {
    this.#listeners.dispose();
    this.#changed.dispose();
    this.#chosen.dispose();
  }

  /** Undefined while nothing is looked up. */
  get place(): IndexPlace | undefined {
    const index = readSetting('live.index');
    if (index === '' || !workspace.isTrusted) return undefined;
    const root = readSetting('live.root');
    return { index, ...(root === '' ? {} : { root }) };
  }

  /** What the index holds, once it was opened. */
  get summary(): IndexSummary | undefined {
    return this.#summary;
  }

  /** Why the last look-up came to nothing. */
  get failure(): string | undefined {
    return this.#failure;
  }

  /** Undefined for a text that was not looked up. */
  answerFor(document: TextDocument): CheckedText | undefined {
    return this.#answers.get(document);
  }

  /** The place of the index, or a fault that says what to do. */
  require(): IndexPlace {
    if (!workspace.isTrusted) {
      throw new UserFault(l10n.t('Texts are only looked up in trusted workspaces.'), howToTrust());
    }
    const { place } = this;
    if (place !== undefined) return place;
    throw new UserFault(
      l10n.t('No index is chosen.'),
      l10n.t('Choose or build one (Verbatim: Choose Index for Live Answers).'),
    );
  }

  /** Looks a text up as it is when the answer comes, and marks what stands in the corpus. */
  async lookUp(document: TextDocument): Promise<void> {
    this.require();
    try {
      await this.#shared(document);
      this.#failure = undefined;
    } finally {
      this.#changed.fire();
    }
  }

  /** All texts that were looked up, once more: what is accepted has changed. */
  async lookUpAgain(): Promise<void> {
    const open = workspace.textDocuments.filter((document) => this.#answers.has(document));
    for (const document of open) await this.lookUp(document);
  }

  async #lookUpQuietly(document: TextDocument): Promise<void> {
    if (this.place === undefined || !isLookedUp(document)) return;
    await this.#quietly(() => this.lookUp(document));
  }

  /** A failure is told once, and not at each edit again. */
  async #quietly(work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      const { code, message } = failureOf(error);
      if (code !== 'cancelled' && message !== this.#failure) this.#parts.errors.report(error);
      this.#failure = message;
      this.#changed.fire();
    }
  }

  /** Opens the index that is chosen now, so that the first text does not wait for it. */
  async #begin(): Promise<void> {
    this.#summary = undefined;
    this.#failure = undefined;
    for (const document of workspace.textDocuments) {
      if (this.#answers.delete(document)) this.#parts.marks.track(document, 'index', []);
    }
    this.#changed.fire();
    this.#chosen.fire();
    const { place } = this;
    if (place === undefined) return;
    await this.#quietly(async () => {
      if (!isAbsolute(place.index)) {
        throw new UserFault(
          l10n.t('verbatim.live.index is no absolute path: {0}', place.index),
          l10n.t('Choose or build one (Verbatim: Choose Index for Live Answers).'),
        );
      }
      const summary = await this.#parts.server.request(describeIndex, place);
      if (!isSame(place, this.place)) return;
      this.#summary = summary;
      this.#changed.fire();
    });
  }

  #shared(document: TextDocument): Promise<void> {
    const running = this.#running.get(document);
    if (running !== undefined) return running;
    const work = this.#ask(document).finally(() => this.#running.delete(document));
    this.#running.set(document, work);
    return work;
  }

  async #ask(document: TextDocument): Promise<void> {
    const { server, marks, location } = this.#parts;
    for (let place = this.place; place !== undefined && !document.isClosed; place = this.place) {
      const { version } = document;
      const text = document.getText();
      const baseline = location.baselineFile();
      const request = { ...place, text, ...(baseline === null ? {} : { baseline }) };
      const checked = await server.request(checkWithIndex, request);
      if (document.version !== version || !isSame(place, this.place)) continue;
      this.#answers.set(document, checked);
      marks.track(document, 'index', checked.matches.map(indexMark));
      return;
    }
  }
}

const isLookedUp = ({ uri }: { readonly uri: Uri }): boolean => SCHEMES.has(uri.scheme);

const isSame = (one: IndexPlace, other: IndexPlace | undefined) =>
  one.index === other?.index && one.root === other.root;
