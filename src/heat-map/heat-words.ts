// What is said of regions, windows and tokens: on hover, behind a region's first line, in the status bar, in the legend.

import { ColorThemeKind, l10n, MarkdownString, window } from 'vscode';
import { forHover } from '../../guard/text/for-hover.ts';
import { evenOdds } from '../../protocol/even-odds.ts';
import type { HeatMap, HeatRegion, HeatSpan, HeatWindow } from '../../protocol/extraction-map.ts';
import type { Provenance } from '../../protocol/fragments.ts';
import { labelsOf } from '../documents/provenance-labels.ts';
import { HEATS, type Heat, heatOf } from './heat-scale.ts';

/** Writes a probability like “0.43” or “3.1e-6”. */
export function probabilityText(logp: number | null): string {
  if (logp === null) return '0';
  const p = Math.exp(logp);
  // Two digits would round it to what it is not.
  if (p >= 0.995) return p === 1 ? '1' : '> 0.99';
  return p >= 0.001 ? String(Number(p.toPrecision(2))) : p.toExponential(1);
}

/** How many draws give it as likely as not. */
export function drawsText(logp: number | null): string {
  const n = logp === null ? Infinity : evenOdds(logp);
  if (!Number.isFinite(n)) return l10n.t('never drawn');
  return n === 1 ? l10n.t('even odds in 1 draw') : l10n.t('even odds in {0} draws', n.toLocaleString());
}

function heatName(heat: Heat): string {
  switch (heat) {
    case 'certain':
      return l10n.t('almost certain');
    case 'likely':
      return l10n.t('likely');
    case 'even':
      return l10n.t('about even');
    case 'unlikely':
      return l10n.t('unlikely');
    case 'surprising':
      return l10n.t('surprising');
  }
}

/** What tells a class apart where there are no backgrounds: themes of high contrast have lines instead. */
function markName(heat: Heat): string {
  switch (heat) {
    case 'certain':
      return l10n.t('double line');
    case 'likely':
      return l10n.t('line');
    case 'even':
      return l10n.t('dashes');
    case 'unlikely':
      return l10n.t('dots');
    case 'surprising':
      return l10n.t('no line');
  }
}

const CONTRASTS: readonly ColorThemeKind[] = [ColorThemeKind.HighContrast, ColorThemeKind.HighContrastLight];

/** A class by its name, and in themes of high contrast by its line. */
export const legendName = (heat: Heat): string =>
  CONTRASTS.includes(window.activeColorTheme.kind)
    ? l10n.t('{0}: {1}', heatName(heat), markName(heat))
    : heatName(heat);

/** The probabilities of a class, like “0.78 to 0.94”. */
export function heatRange(heat: Heat): string {
  const at = HEATS.findIndex(({ name }) => name === heat);
  const low = probabilityText(HEATS[at]!.least);
  const high = at === 0 ? null : probabilityText(HEATS[at - 1]!.least);
  if (high === null) return l10n.t('p ≥ {0}', low);
  return at === HEATS.length - 1 ? l10n.t('p < {0}', high) : l10n.t('p {0} to {1}', low, high);
}

/** Licence, repository and path, as far as they are known. */
export const sourceText = (provenance: Provenance): string => {
  const { license, repository, path, shard, row } = labelsOf(provenance);
  return [license || l10n.t('licence unknown'), repository, path || l10n.t('{0} row {1}', shard, row)]
    .filter((part) => part !== '')
    .join(' · ');
};

/** What stands behind a region's first line. */
export const regionText = ({ bestLogp }: HeatRegion, { provenance }: HeatMap): string =>
  [
    `p ${probabilityText(bestLogp)}`,
    drawsText(bestLogp),
    labelsOf(provenance).license || l10n.t('licence unknown'),
  ].join(' · ');

/** A region in one sentence, for the status bar and for screen readers. */
export function regionSentence(regions: readonly HeatRegion[], at: number): string {
  const { firstLine, lastLine, bestLogp } = regions[at]!;
  return l10n.t(
    'Region {0} of {1}: lines {2}–{3}, p {4}, {5}',
    at + 1,
    regions.length,
    firstLine,
    lastLine,
    probabilityText(bestLogp),
    drawsText(bestLogp),
  );
}

export interface Pointed {
  readonly token: HeatSpan | undefined;
  readonly window: HeatWindow | undefined;
  readonly region: HeatRegion | undefined;
}

/** Names and licences are others' text: nothing here is trusted, and there are no links in it. */
export function heatHover({ provenance }: HeatMap, { token, window: own, region }: Pointed): MarkdownString {
  const hover = new MarkdownString();
  hover.isTrusted = false;
  hover.supportHtml = false;
  const lines = [
    ...(region === undefined
      ? []
      : [
          `**${l10n.t('Region')}** · p ${probabilityText(region.bestLogp)} · ${drawsText(region.bestLogp)}`,
          region.nWindows === 1
            ? l10n.t('Lines {0}–{1}, one window', region.firstLine, region.lastLine)
            : l10n.t(
                'Lines {0}–{1}, {2} windows that touch; p is that of the likeliest',
                region.firstLine,
                region.lastLine,
                region.nWindows,
              ),
          forHover(sourceText(provenance)),
        ]),
    ...(own === undefined
      ? []
      : [
          l10n.t(
            'This window of {0} tokens: p {1}, {2}',
            own.nTokens,
            probabilityText(own.logp),
            drawsText(own.logp),
          ),
        ]),
    ...(token === undefined
      ? []
      : [l10n.t('This token: p {0} ({1})', probabilityText(token.logp), heatName(heatOf(token.logp)))]),
  ];
  hover.appendMarkdown(lines.join('\n\n'));
  return hover;
}
