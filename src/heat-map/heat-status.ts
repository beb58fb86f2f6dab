// A heat map in front: a status item that says so, what its colours mean when it is pointed at, and leads to the legend;
// and the context that keys and the palette go by.

import { commands, Disposable, l10n, MarkdownString, StatusBarAlignment, window } from 'vscode';
import { escapeMarkdown } from '../../guard/text/for-markdown.ts';
import { regionsText } from '../counts-text.ts';
import { HEATS } from './heat-scale.ts';
import type { HeatTexts, OpenHeat } from './heat-texts.ts';
import { heatRange, legendName } from './heat-words.ts';

export class HeatStatus implements Disposable {
  readonly #texts: HeatTexts;
  readonly #item = window.createStatusBarItem('verbatim.heatMap', StatusBarAlignment.Right);
  readonly #listener: Disposable;
  #isInFront = false;

  constructor(texts: HeatTexts) {
    this.#texts = texts;
    this.#item.name = l10n.t('Verbatim Heat Map');
    this.#item.command = 'verbatim.showHeatLegend';
    this.#item.tooltip = legend();
    const update = () => void this.#update();
    this.#listener = Disposable.from(
      window.onDidChangeActiveTextEditor(update),
      window.onDidChangeActiveColorTheme(() => {
        this.#item.tooltip = legend();
      }),
      texts.onDidChange(update),
    );
    update();
  }

  dispose(): void {
    this.#listener.dispose();
    this.#item.dispose();
  }

  async #update(): Promise<void> {
    const document = window.activeTextEditor?.document;
    // Whoever paints says what went wrong.
    const heat = document && (await this.#texts.of(document).catch(() => undefined));
    if (document !== window.activeTextEditor?.document) return;
    this.#announce(heat !== undefined);
    if (heat === undefined) return this.#item.hide();
    this.#item.text = textOf(heat);
    this.#item.accessibilityInformation = { label: spoken(heat), role: 'button' };
    this.#item.show();
  }

  #announce(isInFront: boolean): void {
    if (isInFront === this.#isInFront) return;
    this.#isInFront = isInFront;
    void commands.executeCommand('setContext', 'verbatim.isHeatMap', isInFront);
  }
}

function textOf({ map, tokens }: OpenHeat): string {
  const regions = regionsText(map.regions.length);
  if (tokens === 'measuring') return `$(loading~spin) ${regions} · ${l10n.t('measuring tokens')}`;
  if (typeof tokens === 'string') return `$(flame) ${regions}`;
  const { length } = tokens.tokens;
  return length < tokens.nAsked
    ? `$(flame) ${regions} · ${l10n.t('{0} of {1} tokens', length.toLocaleString(), tokens.nAsked.toLocaleString())}`
    : `$(flame) ${regions} · ${l10n.t('by token')}`;
}

const spoken = (heat: OpenHeat): string =>
  l10n.t('Heat map, {0}. Shows its legend.', textOf(heat).replace(/^\$\(\S+\) /, ''));

function legend(): MarkdownString {
  const rows = HEATS.map(
    ({ name }) => `| ${escapeMarkdown(legendName(name))} | ${escapeMarkdown(heatRange(name))} |`,
  );
  return new MarkdownString(
    [
      l10n.t('**Heat map**: how likely the model goes on with each token. Outlined are regions.'),
      '',
      `| ${l10n.t('from the strongest')} | ${l10n.t('probability')} |`,
      '| --- | --- |',
      ...rows,
    ].join('\n'),
  );
}
