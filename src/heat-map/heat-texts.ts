// The heat maps of training documents that are open: what a map stored of each, asked for once, and its tokens, measured
// for whoever has the document before him. Others ask for them here, and hear when there is more.

import {
  CancellationTokenSource,
  type Disposable,
  EventEmitter,
  type TextDocument,
  type Uri,
  window,
  workspace,
} from 'vscode';
import { getHeatMap, type HeatMap, measureTokens, type TokenHeat } from '../../protocol/extraction-map.ts';
import { parseTextUri, type TextRef } from '../documents/text-ref.ts';
import type { ErrorFunnel } from '../error-funnel.ts';
import { failureOf } from '../failure.ts';
import { showStatus } from '../notify.ts';
import { readSetting } from '../settings.ts';
import type { StudyServer } from '../study-server.ts';
import type { WorkspaceGate } from '../trust/workspace-gate.ts';
import { TextPlaces } from './text-places.ts';

/** `none`: nobody asked for them, or they could not be had. */
export type Tokens = 'none' | 'measuring' | TokenHeat;

/** A document's heat map with what is known of its tokens. */
export interface OpenHeat {
  readonly map: HeatMap;
  readonly places: TextPlaces;
  readonly tokens: Tokens;
}

interface Known {
  readonly map: Promise<HeatMap>;
  /** The map when it is there. */
  heat?: OpenHeat;
  stop?: CancellationTokenSource;
}

export class HeatTexts implements Disposable {
  readonly #server: Pick<StudyServer, 'request'>;
  readonly #gate: Pick<WorkspaceGate, 'closedFolders'>;
  readonly #errors: ErrorFunnel;
  readonly #changed = new EventEmitter<TextDocument>();
  readonly #known = new Map<TextDocument, Known>();
  readonly #listeners: readonly Disposable[];
  /** What came with the text of a document that is about to open. */
  #expected: { readonly uri: string; readonly map: HeatMap } | undefined;

  readonly onDidChange = this.#changed.event;

  constructor(
    server: Pick<StudyServer, 'request'>,
    gate: Pick<WorkspaceGate, 'closedFolders'>,
    errors: ErrorFunnel,
  ) {
    this.#server = server;
    this.#gate = gate;
    this.#errors = errors;
    this.#listeners = [
      window.onDidChangeVisibleTextEditors(() => this.#stopUnseen()),
      workspace.onDidCloseTextDocument((document) => this.#forget(document)),
      // It is read anew where what may be shown of it has changed.
      workspace.onDidChangeTextDocument(({ document, contentChanges }) => {
        if (contentChanges.length === 0 || !this.#known.has(document)) return;
        this.#forget(document);
        this.#changed.fire(document);
      }),
    ];
  }

  dispose(): void {
    for (const document of this.#known.keys()) this.#forget(document);
    for (const listener of this.#listeners) listener.dispose();
    this.#changed.dispose();
  }

  /** The document is about to be opened, and this is its map. */
  expect(uri: Uri, map: HeatMap): void {
    this.#expected = { uri: uri.toString(), map };
  }

  /** What is there by now; undefined for a document of no map, and until its map has come. */
  now(document: TextDocument): OpenHeat | undefined {
    return this.#known.get(document)?.heat;
  }

  /** Resolves with undefined for a document of no map. */
  async of(document: TextDocument): Promise<OpenHeat | undefined> {
    const ref = mapRefOf(document);
    if (ref === undefined) return undefined;
    let known = this.#known.get(document);
    if (known === undefined) {
      known = { map: this.#load(ref, document.uri) };
      this.#known.set(document, known);
      known.map.catch(() => this.#known.delete(document)); // The next look may succeed.
    }
    const map = await known.map;
    if (this.#known.get(document) !== known) return undefined;
    if (known.heat === undefined) {
      known.heat = { map, places: new TextPlaces(map.text), tokens: 'none' };
      const isAsked = map.regions.length + map.windows.length > 0 && workspace.isTrusted;
      if (isAsked && readSetting('heatMap.tokens') === 'onOpening') {
        void this.#measureByItself(document);
      }
    }
    return known.heat;
  }

  /** Measures the tokens of a document, unless that is done or under way. Rejects where it cannot be done. */
  async measure(document: TextDocument, who: 'asked' | 'by itself' = 'asked'): Promise<void> {
    const known = this.#known.get(document);
    const ref = mapRefOf(document);
    if (known?.heat === undefined || known.heat.tokens !== 'none' || ref === undefined) return;
    const stop = new CancellationTokenSource();
    known.stop = stop;
    const show = (tokens: Tokens) => {
      if (this.#known.get(document) !== known || known.heat === undefined) return;
      known.heat = { ...known.heat, tokens };
      this.#changed.fire(document);
    };
    show('measuring');
    try {
      const heat = await this.#server.request(
        measureTokens,
        { ...this.#requestOf(ref), isAsked: who === 'asked' },
        stop.token,
      );
      // Between the two answers the text may have come to be shown otherwise.
      show(heat.text === known.heat.map.text ? heat : 'none');
    } catch (error) {
      show('none');
      throw error;
    } finally {
      stop.dispose();
      delete known.stop;
    }
  }

  /** Nobody asked for it, so that a model which is not here is told of in passing. */
  async #measureByItself(document: TextDocument): Promise<void> {
    try {
      await this.measure(document, 'by itself');
    } catch (error) {
      const { code, message } = failureOf(error);
      if (code === 'user') showStatus(message, 15_000);
      else this.#errors.report(error);
    }
  }

  /** Whether there was something to stop. */
  stop(document: TextDocument): boolean {
    const { stop } = this.#known.get(document) ?? {};
    stop?.cancel();
    return stop !== undefined;
  }

  async #load(ref: TextRef, uri: Uri): Promise<HeatMap> {
    const expected = this.#expected;
    if (expected?.uri !== uri.toString()) return this.#server.request(getHeatMap, this.#requestOf(ref));
    this.#expected = undefined;
    return expected.map;
  }

  #requestOf({ study, id }: TextRef) {
    const closed = this.#gate.closedFolders();
    return { study, documentId: id, ...(closed === undefined ? {} : { closed }) };
  }

  /** Nobody waits for the tokens of a document that is not seen. */
  #stopUnseen(): void {
    const seen = new Set(window.visibleTextEditors.map(({ document }) => document));
    for (const document of this.#known.keys()) if (!seen.has(document)) this.stop(document);
  }

  #forget(document: TextDocument): void {
    this.stop(document);
    this.#known.delete(document);
  }
}

const mapRefOf = (document: TextDocument): TextRef | undefined => {
  const ref = parseTextUri(document.uri);
  return ref?.isMap === true ? ref : undefined;
};
