// Paints heat maps in every visible editor that shows one: tokens, or windows until their tokens are there, the regions'
// outlines, and words behind their first lines. Each has a setting, and with it off nothing of it is there.

import {
  type DecorationOptions,
  Disposable,
  Range,
  type TextDocument,
  type TextEditor,
  type TextEditorDecorationType,
  window,
  workspace,
} from 'vscode';
import { forLabel } from '../../guard/text/for-label.ts';
import type { TextRange } from '../../protocol/fragments.ts';
import { lineRange } from '../documents/line-range.ts';
import type { ErrorFunnel } from '../error-funnel.ts';
import { readSetting } from '../settings.ts';
import {
  type Edge,
  heatDecoration,
  outlineDecoration,
  rulerDecoration,
  wordsDecoration,
} from './heat-decorations.ts';
import { type HeatRun, heatRuns, tokensThenWindows, windowSpans } from './heat-runs.ts';
import { HEATS, type Heat } from './heat-scale.ts';
import type { HeatTexts, OpenHeat } from './heat-texts.ts';
import { regionText } from './heat-words.ts';

/** What an editor shows now. */
export interface PaintedHeat {
  /** `tokens` once they were measured. */
  readonly of: 'windows' | 'tokens';
  readonly runs: readonly HeatRun[];
  readonly regions: readonly TextRange[];
}

export class HeatPaint implements Disposable {
  readonly #texts: HeatTexts;
  readonly #errors: ErrorFunnel;
  readonly #heats: ReadonlyMap<Heat, TextEditorDecorationType>;
  readonly #edges: ReadonlyMap<Edge, TextEditorDecorationType>;
  readonly #ruler = rulerDecoration();
  readonly #words = wordsDecoration();
  readonly #listeners: Disposable;
  readonly #painted = new WeakMap<TextEditor, PaintedHeat>();

  constructor(texts: HeatTexts, errors: ErrorFunnel) {
    this.#texts = texts;
    this.#errors = errors;
    this.#heats = new Map(HEATS.map(({ name }) => [name, heatDecoration(name)]));
    this.#edges = new Map(
      (['sides', 'first', 'last'] as const).map((edge) => [edge, outlineDecoration(edge)]),
    );
    this.#listeners = Disposable.from(
      window.onDidChangeVisibleTextEditors((editors) => this.#paintIn(editors)),
      texts.onDidChange((document) => this.#paintIn(editorsOf(document))),
      workspace.onDidChangeConfiguration((event) => {
        if (
          event.affectsConfiguration('verbatim.decorations') ||
          event.affectsConfiguration('verbatim.heatMap')
        )
          this.#paintIn(window.visibleTextEditors);
      }),
    );
    this.#paintIn(window.visibleTextEditors);
  }

  /** Undefined for an editor in which nothing is painted. */
  painted(editor: TextEditor): PaintedHeat | undefined {
    return this.#painted.get(editor);
  }

  dispose(): void {
    this.#listeners.dispose();
    for (const type of this.#types()) type.dispose();
  }

  #types(): readonly TextEditorDecorationType[] {
    return [...this.#heats.values(), ...this.#edges.values(), this.#ruler, this.#words];
  }

  #paintIn(editors: readonly TextEditor[]): void {
    for (const editor of editors) {
      void this.#errors.run(async () => {
        const heat = await this.#texts.of(editor.document);
        if (heat !== undefined) this.#paint(editor, heat);
      });
    }
  }

  #paint(editor: TextEditor, heat: OpenHeat): void {
    const isOn = readSetting('decorations.enabled');
    const { map, places, tokens } = heat;
    const hasTokens = typeof tokens === 'object';
    const spans = hasTokens ? tokensThenWindows(tokens.tokens, map.windows) : windowSpans(map.windows);
    const runs = isOn && readSetting('decorations.background') ? heatRuns(spans) : [];
    const rangeOf = ({ start, end }: HeatRun) => {
      const [from, to] = [places.of(start), places.of(end)];
      return new Range(from.line, from.character, to.line, to.character);
    };
    for (const [name, type] of this.#heats) {
      editor.setDecorations(type, runs.filter((run) => run.heat === name).map(rangeOf));
    }
    const outlined = isOn && readSetting('heatMap.outline') ? map.regions : [];
    for (const [edge, type] of this.#edges) {
      editor.setDecorations(
        type,
        outlined.map((region) => lineRange(edgeOf(region, edge))),
      );
    }
    const onRuler = isOn && readSetting('decorations.overviewRuler') ? map.regions : [];
    editor.setDecorations(this.#ruler, onRuler.map(lineRange));
    const worded = isOn && readSetting('decorations.inlineText') ? map.regions : [];
    editor.setDecorations(
      this.#words,
      worded.map((region) => behindFirstLine(editor.document, region, regionText(region, map))),
    );
    if (isOn) this.#painted.set(editor, { of: hasTokens ? 'tokens' : 'windows', runs, regions: outlined });
    else this.#painted.delete(editor);
  }
}

const editorsOf = (document: TextDocument) =>
  window.visibleTextEditors.filter((editor) => editor.document === document);

function edgeOf({ firstLine, lastLine }: TextRange, edge: Edge): TextRange {
  switch (edge) {
    case 'sides':
      return { firstLine, lastLine };
    case 'first':
      return { firstLine, lastLine: firstLine };
    case 'last':
      return { firstLine: lastLine, lastLine };
  }
}

/** Behind the first line of it that has text. */
function behindFirstLine(
  document: TextDocument,
  { firstLine, lastLine }: TextRange,
  words: string,
): DecorationOptions {
  let line = Math.min(firstLine, document.lineCount) - 1;
  const last = Math.min(lastLine, document.lineCount) - 1;
  while (line < last && document.lineAt(line).isEmptyOrWhitespace) line++;
  const { end } = document.lineAt(line).range;
  return { range: new Range(end, end), renderOptions: { after: { contentText: forLabel(words) } } };
}
