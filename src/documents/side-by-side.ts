// Shows a sample and a training document in two plain editors beside each other, and scrolls them together so that
// what agrees stays at one height. Why it is no diff editor: docs/decisions/0013-comparison-columns.md.

import {
  type Disposable,
  Range,
  TabInputText,
  type TextEditor,
  TextEditorRevealType,
  type TextEditorVisibleRangesChangeEvent,
  type Uri,
  ViewColumn,
  window,
  workspace,
} from 'vscode';
import type { TextRange } from '../../protocol/fragments.ts';
import { parseTextUri, SAMPLE_SCHEME, type TextRef } from './text-ref.ts';

export interface ShownSide {
  readonly uri: Uri;
  readonly lines: TextRange;
}

export interface ShownPair {
  readonly left: Uri;
  readonly right: Uri;
}

/** Lines above the fragment that are shown, where there are any. */
const CONTEXT_LINES = 3;
/** An editor that was scrolled by us reports it within this time, and is not followed meanwhile. */
const ECHO_MS = 200;

export class SideBySide implements Disposable {
  readonly #listener: Disposable;
  /** The pair that was opened last. A text of the user's own says in no URI what it stands beside. */
  #last: { readonly left: ShownSide; readonly right: ShownSide } | undefined;
  readonly #echoesUntil = new WeakMap<TextEditor, number>();

  constructor() {
    this.#listener = window.onDidChangeTextEditorVisibleRanges((event) => this.#follow(event));
  }

  dispose(): void {
    this.#listener.dispose();
  }

  async show(left: ShownSide, right: ShownSide): Promise<void> {
    this.#last = { left, right };
    const column = columnFor(left.uri);
    await Promise.all([left, right].map(({ uri }) => workspace.openTextDocument(uri)));
    const [one, other] = await Promise.all([
      window.showTextDocument(left.uri, { viewColumn: column, preview: true, preserveFocus: true }),
      window.showTextDocument(right.uri, { viewColumn: column + 1, preview: true }),
    ]);
    const context = Math.min(CONTEXT_LINES, left.lines.firstLine - 1, right.lines.firstLine - 1);
    const align = () => {
      this.#scroll(one, left.lines.firstLine - 1 - context);
      this.#scroll(other, right.lines.firstLine - 1 - context);
    };
    align();
    // A group that has just been made is laid out once more, and may lose its place with that.
    setTimeout(() => {
      const isShown = [one, other].every((editor) => window.visibleTextEditors.includes(editor));
      if (this.#last?.right === right && isShown) align();
    }, ECHO_MS);
  }

  /** Shows one text where the comparison was, and takes what stood beside it away, unless the user pinned it. */
  async showAlone(uri: Uri): Promise<TextEditor> {
    const pair = this.inFront();
    const viewColumn = pair === undefined ? ViewColumn.Active : columnFor(pair.left);
    const editor = await window.showTextDocument(uri, { viewColumn, preview: true });
    if (pair !== undefined) await closeSides([pair.right], uri);
    return editor;
  }

  /** Takes the comparison away that is seen, unless the user pinned it. */
  async leave(): Promise<void> {
    const pair = this.inFront();
    if (pair !== undefined) await closeSides([pair.right, pair.left]);
  }

  /** The comparison that is seen, the one with the focus first. */
  inFront(): ShownPair | undefined {
    const { all, activeTabGroup } = window.tabGroups;
    for (const { activeTab } of [activeTabGroup, ...all]) {
      const uri = activeTab?.input instanceof TabInputText ? activeTab.input.uri : undefined;
      const pair = uri && this.#pairOf(uri);
      if (pair !== undefined) return pair;
    }
    return undefined;
  }

  #pairOf(uri: Uri): ShownPair | undefined {
    if (this.#last !== undefined) {
      const [left, right] = [this.#last.left.uri, this.#last.right.uri];
      if ([left, right].some((each) => isSame(each, uri)) && isVisible(right)) return { left, right };
    }
    const ref = parseTextUri(uri);
    if (ref === null) return undefined;
    const other = visibleUris().find((each) => isOther(ref, parseTextUri(each)));
    if (other === undefined) return undefined;
    return ref.scheme === SAMPLE_SCHEME ? { left: uri, right: other } : { left: other, right: uri };
  }

  #follow({ textEditor, visibleRanges }: TextEditorVisibleRangesChangeEvent): void {
    if (performance.now() < (this.#echoesUntil.get(textEditor) ?? 0)) return;
    const { uri } = textEditor.document;
    const pair = this.#pairOf(uri);
    const top = visibleRanges[0]?.start.line;
    if (pair === undefined || top === undefined) return;
    const otherUri = isSame(pair.left, uri) ? pair.right : pair.left;
    const other = window.visibleTextEditors.find(({ document }) => isSame(document.uri, otherUri));
    const [from, to] = [this.#firstLine(uri), this.#firstLine(otherUri)];
    if (other === undefined || from === undefined || to === undefined) return;
    this.#scroll(other, top - from + to);
  }

  #firstLine(uri: Uri): number | undefined {
    const left = this.#last?.left;
    return (
      parseTextUri(uri)?.highlight?.firstLine ??
      (left && isSame(left.uri, uri) ? left.lines.firstLine : undefined)
    );
  }

  #scroll(editor: TextEditor, line: number): void {
    const at = Math.min(Math.max(0, line), editor.document.lineCount - 1);
    this.#echoesUntil.set(editor, performance.now() + ECHO_MS);
    editor.revealRange(new Range(at, 0, at, 0), TextEditorRevealType.AtTop);
  }
}

/** Closes previews of these texts, but for the one that is to stay. */
async function closeSides(sides: readonly Uri[], staying?: Uri): Promise<void> {
  const stale = window.tabGroups.all.flatMap(({ tabs }) =>
    tabs.filter(({ input, isPreview }) => {
      const uri = input instanceof TabInputText ? input.uri : undefined;
      if (!isPreview || uri === undefined || (staying !== undefined && isSame(uri, staying))) return false;
      return sides.some((side) => isSame(side, uri));
    }),
  );
  await window.tabGroups.close(stale, true);
}

/** The column of the comparison that is there already, or of the text itself: comparisons never add up columns. */
function columnFor(left: Uri): ViewColumn {
  const { all, activeTabGroup } = window.tabGroups;
  const own = window.visibleTextEditors.find(({ document }) => isSame(document.uri, left));
  if (own?.viewColumn !== undefined) return own.viewColumn;
  for (const { activeTab, viewColumn } of all) {
    const ref = activeTab?.input instanceof TabInputText ? parseTextUri(activeTab.input.uri) : null;
    if (!ref?.highlight || ref.beside === undefined) continue;
    return ref.scheme === SAMPLE_SCHEME ? viewColumn : Math.max(ViewColumn.One, viewColumn - 1);
  }
  return activeTabGroup.viewColumn;
}

/** A side of a comparison names the other one's text and the same fragment. */
const isOther = (one: TextRef, other: TextRef | null): boolean =>
  other !== null &&
  one.scheme !== other.scheme &&
  one.study === other.study &&
  one.id === other.beside &&
  other.id === one.beside &&
  one.highlight?.fingerprint === other.highlight?.fingerprint;

const visibleUris = (): readonly Uri[] =>
  window.tabGroups.all.flatMap(({ activeTab }) =>
    activeTab?.input instanceof TabInputText ? [activeTab.input.uri] : [],
  );

const isVisible = (uri: Uri) => visibleUris().some((each) => isSame(each, uri));

const isSame = (one: Uri, other: Uri) => one.toString() === other.toString();
