// Instead of empty axes: why a study may have found nothing, from what is known of it, and what to try. And what is
// known of one that has not come to its end.

import type { DashboardOverview } from '../protocol/dashboard.ts';
import { shorterThan } from '../protocol/search-again.ts';
import { isDrawn, type StudySummary } from '../protocol/study.ts';
import { element } from './element.ts';
import { section } from './findings.ts';
import { l10n } from './l10n.ts';
import { bytes, count, samplesText } from './numbers.ts';
import { button } from './ui.ts';

export function nothingFound(
  summary: StudySummary,
  { lines, samples }: DashboardOverview,
  onClosest: () => void,
): HTMLElement {
  const { nDocuments, plan } = summary;
  return section(
    'nothing',
    l10n.t('Why nothing may have been found'),
    element(
      'ul',
      {},
      ...reasons(summary, lines.total, samples.total).map((reason) => element('li', {}, reason)),
    ),
    ...(nDocuments > 0 && plan.rule.minLines > 2
      ? [button(l10n.t('Show the Closest Matches'), 'secondary', onClosest)]
      : []),
  );
}

/** The likeliest first. */
function reasons(summary: StudySummary, nLines: number, nSamples: number): readonly string[] {
  const { plan, nDocuments, corpusBytes, nTokens } = summary;
  if (nDocuments === 0)
    return [l10n.t('No document of the training data could be read, so nothing was searched.')];
  const linesEach = nSamples === 0 ? 0 : nLines / nSamples;
  const { minLines } = plan.rule;
  const found = [
    nTokens === 0
      ? l10n.t(
          'A fragment needs {0} equal lines in a row, and a sample has {1} on average.',
          minLines,
          linesEach.toFixed(1),
        )
      : l10n.t(
          'A fragment needs {0} equal lines in a row, and a sample has {1} on average ({2} tokens).',
          minLines,
          linesEach.toFixed(1),
          Math.round(nTokens / nSamples),
        ),
    nDocuments === 1
      ? l10n.t(
          '1 document ({0}) was searched. What the model repeats may come from data that is not in it.',
          bytes(corpusBytes),
        )
      : l10n.t(
          '{0} documents ({1}) were searched. What the model repeats may come from data that was not among them.',
          count(nDocuments),
          bytes(corpusBytes),
        ),
    l10n.t(
      '{0} show what a model repeats often. More of them show rarer things, too.',
      samplesText(nSamples),
    ),
  ];
  const tries = l10n.t(
    'To try: longer samples, fewer lines (for instance {0}), the profile text-1, which overlooks case and spacing, or more samples.',
    shorterThan(minLines),
  );
  return linesEach < 2 * minLines ? [...found, tries] : [...found.slice(1), found[0]!, tries];
}

export function notAnalysed(summary: StudySummary, onSoFar: () => void): HTMLElement {
  return element(
    'section',
    { class: 'panel' },
    element('p', {}, notAnalysedText(summary)),
    ...(summary.nSamples > 0 ? [button(l10n.t('Show Results So Far'), 'secondary', onSoFar)] : []),
  );
}

function notAnalysedText({ nSamples, nTokens, nShards, nShardsScanned, plan, state }: StudySummary): string {
  const nAsked = isDrawn(plan.source) ? plan.sampling.nSamples : nSamples;
  const made = [count(nSamples), samplesText(Math.max(nSamples, nAsked)), count(nTokens)] as const;
  const known =
    nShards === 0
      ? l10n.t(
          'So far: {0} of {1} ({2} tokens). What they share with the training data is known once it is scanned.',
          ...made,
        )
      : l10n.t(
          'So far: {0} of {1} ({2} tokens), {3} of {4} shards scanned. What they share is known once all shards are scanned.',
          ...made,
          count(nShardsScanned),
          count(nShards),
        );
  return state === 'running' ? known : `${known} ${l10n.t('Resume the study to go on.')}`;
}
