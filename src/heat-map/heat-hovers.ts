// What is said of a place in a heat map when it is pointed at, or when the keyboard asks for it: the region, its window and
// its token. Made when it is asked for: a document has thousands of tokens.

import { Hover, type HoverProvider, type Position, Range, type TextDocument } from 'vscode';
import { readSetting } from '../settings.ts';
import { spanAt } from './heat-runs.ts';
import type { HeatTexts } from './heat-texts.ts';
import { heatHover } from './heat-words.ts';

export class HeatHovers implements HoverProvider {
  readonly #texts: HeatTexts;

  constructor(texts: HeatTexts) {
    this.#texts = texts;
  }

  async provideHover(document: TextDocument, position: Position): Promise<Hover | undefined> {
    if (!readSetting('decorations.enabled') || !readSetting('decorations.hover')) return undefined;
    const heat = await this.#texts.of(document);
    if (heat === undefined) return undefined;
    const { map, places, tokens } = heat;
    const place = places.offsetAt(position);
    const token = typeof tokens === 'object' ? spanAt(tokens.tokens, place) : undefined;
    const window = spanAt(map.windows, place);
    const line = position.line + 1;
    // All of an outline's lines tell of their region.
    const region =
      spanAt(map.regions, place) ??
      map.regions.find(({ firstLine, lastLine }) => firstLine <= line && line <= lastLine);
    if (token === undefined && window === undefined && region === undefined) return undefined;
    const span = token ?? window;
    if (span === undefined) return new Hover(heatHover(map, { token, window, region }));
    const [from, to] = [places.of(span.start), places.of(span.end)];
    const range = new Range(from.line, from.character, to.line, to.character);
    return new Hover(heatHover(map, { token, window, region }), range);
  }
}
