// The legend of a heat map, as rows of a quick pick: what each colour means, how much of the document has it, and what can
// be done. Blocks of another density stand for colours, so that it reads in every theme.

import { l10n, type QuickPickItem, QuickPickItemKind } from 'vscode';
import { windowSpans } from './heat-runs.ts';
import { HEATS, type Heat, heatOf } from './heat-scale.ts';
import type { OpenHeat } from './heat-texts.ts';
import { heatRange, legendName } from './heat-words.ts';

export interface LegendItem extends QuickPickItem {
  readonly command?: string;
}

const BLOCKS: Readonly<Record<Heat, string>> = {
  certain: '████',
  likely: '▓▓▓▓',
  even: '▒▒▒▒',
  unlikely: '░░░░',
  surprising: '····',
};

export function legendItems(heat: OpenHeat): readonly LegendItem[] {
  const { tokens, map } = heat;
  const hasTokens = typeof tokens === 'object';
  const spans = hasTokens ? tokens.tokens : windowSpans(map.windows);
  const unit = hasTokens ? l10n.t('of the tokens') : l10n.t('of the windows, by the mean of their tokens');
  const rows = HEATS.map(({ name }): LegendItem => {
    const n = spans.filter(({ logp }) => heatOf(logp) === name).length;
    const share = spans.length === 0 ? 0 : n / spans.length;
    return {
      label: `${BLOCKS[name]} ${legendName(name)}`,
      description: heatRange(name),
      detail: `${(100 * share).toFixed(1)} % ${unit}`,
    };
  });
  const isPartial = hasTokens && tokens.tokens.length < tokens.nAsked;
  return [
    ...rows,
    {
      label: l10n.t('Without a colour'),
      detail: isPartial
        ? l10n.t('What no window asks for. Behind the last token that was measured, windows are coloured.')
        : l10n.t('What no window asks for: the first prefix, and what is left at the end.'),
    },
    { label: l10n.t('Actions'), kind: QuickPickItemKind.Separator },
    { label: l10n.t('$(arrow-down) Next region'), command: 'verbatim.nextRegion' },
    { label: l10n.t('$(arrow-up) Previous region'), command: 'verbatim.previousRegion' },
    ...measureItems(heat),
    { label: l10n.t('$(eye) Switch decorations off or on'), command: 'verbatim.toggleDecorations' },
  ];
}

function measureItems({ tokens }: OpenHeat): readonly LegendItem[] {
  if (typeof tokens === 'object') return [];
  const label =
    tokens === 'measuring' ? l10n.t('$(debug-stop) Stop measuring') : l10n.t('$(beaker) Measure each token');
  const detail = l10n.t('The model reads the document once more; at most a minute.');
  return [{ label, detail, command: 'verbatim.measureTokens' }];
}
