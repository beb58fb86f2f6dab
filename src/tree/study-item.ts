// A study's row: its state and counts, or what it is doing. Names and paths come from files and are never
// read as markup.

import { l10n, ThemeColor, ThemeIcon, TreeItem, TreeItemCollapsibleState } from 'vscode';
import { forLabel } from '../../guard/text/for-label.ts';
import { canBeCloser } from '../../protocol/search-again.ts';
import { isDrawn, type StudyState, type StudySummary } from '../../protocol/study.ts';
import { fragmentsText, regionsText, samplesText, windowsText } from '../counts-text.ts';
import { percentText } from '../percent-text.ts';
import { progressText } from '../studies/progress-text.ts';
import type { StudyRun } from '../studies/study-runs.ts';
import type { StudyNode } from './tree-node.ts';

export function studyItem({ summary }: StudyNode, run: StudyRun | undefined): TreeItem {
  const name = forLabel(summary.name);
  const item = new TreeItem(name, TreeItemCollapsibleState.Expanded);
  const isOurs = run !== undefined;
  item.description = isOurs ? runText(run) : descriptionOf(summary);
  item.iconPath = isOurs ? new ThemeIcon('loading~spin') : STATE_ICONS[summary.state];
  item.tooltip = tooltipOf(summary);
  const spoken = isOurs ? runText(run) : `${stateName(summary)}, ${countsText(summary)}`;
  item.accessibilityInformation = { label: `${name}, ${spoken}` };
  item.contextValue = `study.${contextOf(summary, isOurs)}`;
  return item;
}

/** What can be done with it: `viewItem =~ /canBeResumed/` and so on in the manifest. */
function contextOf(summary: StudySummary, isOurs: boolean): string {
  const more = canShowSoFar(summary, isOurs)
    ? '.canShowSoFar'
    : canBeCloser(summary)
      ? '.canShowClosest'
      : '';
  if (isOurs) return `canBeCancelled${more}`;
  // Only the window that runs a study may stop it.
  if (summary.state === 'running') return `runsElsewhere${more}`;
  const { state } = summary;
  const first =
    state === 'complete' ? 'complete' : state === 'partial' ? 'partial.canBeResumed' : 'canBeResumed';
  return `${first}.canBeDeleted${more}`;
}

/** Whether its samples can be looked into before it has come to its end. */
export function canShowSoFar({ nFragments, nSamples, plan, state }: StudySummary, isOurs: boolean): boolean {
  if (nFragments !== null || nSamples === 0) return false;
  const isSampling = isDrawn(plan.source) && nSamples < plan.sampling.nSamples;
  return isSampling || !(isOurs || state === 'running');
}

const STATE_ICONS: Readonly<Record<StudyState, ThemeIcon>> = {
  running: new ThemeIcon('sync'),
  complete: new ThemeIcon('pass', new ThemeColor('testing.iconPassed')),
  partial: new ThemeIcon('warning', new ThemeColor('list.warningForeground')),
  cancelled: new ThemeIcon('debug-pause'),
  failed: new ThemeIcon('error', new ThemeColor('list.errorForeground')),
};

function runText(run: StudyRun): string {
  return run.progress === null ? l10n.t('starting') : progressText(run.progress);
}

/** A complete study's icon says so; anything else is said in words too. */
function descriptionOf(summary: StudySummary): string {
  const counts = countsText(summary);
  if (summary.state === 'complete') return counts;
  return [...shareDone(summary), stateName(summary), counts].join(' · ');
}

/** How far a study is that has no results: in a narrow row the rest is not seen. */
function shareDone({ nFragments, nSamples, nShards, nShardsScanned, plan }: StudySummary): readonly string[] {
  if (nFragments !== null) return [];
  const { source, sampling } = plan;
  if (source.kind === 'map' && nShards > 0)
    return [l10n.t('{0} % read', Math.floor((100 * nShardsScanned) / nShards))];
  if (isDrawn(source) && nSamples < sampling.nSamples)
    return [l10n.t('{0} % sampled', Math.floor((100 * nSamples) / sampling.nSamples))];
  return nShards === 0 ? [] : [l10n.t('{0} % scanned', Math.floor((100 * nShardsScanned) / nShards))];
}

function stateName(summary: StudySummary): string {
  switch (summary.state) {
    case 'running': // Whether somebody else than this window holds the study's lock.
      return l10n.t('running in another window or program');
    case 'complete':
      return l10n.t('complete');
    case 'partial':
      return l10n.t('partial');
    case 'cancelled':
      return l10n.t('paused');
    case 'failed':
      return l10n.t('failed');
  }
}

function countsText(summary: StudySummary): string {
  if (summary.map !== undefined) {
    const { nRegions, nWindows } = summary.map;
    if (nWindows === 0) return l10n.t('nothing read yet');
    return l10n.t('{0} in {1}', regionsText(nRegions), windowsText(nWindows));
  }
  const samples = samplesText(summary.nSamples);
  if (summary.nFragments === null) return l10n.t('not scanned yet · {0}', samples);
  const share = (summary.nMemorisedSamples ?? 0) / summary.nSamples;
  const found = l10n.t('{0} in {1}', fragmentsText(summary.nFragments), samples);
  return summary.nSamples === 0 ? found : l10n.t('{0} memorised · {1}', percentText(share), found);
}

function tooltipOf(summary: StudySummary): string {
  const { plan } = summary;
  const memorised =
    summary.nMemorisedSamples === null
      ? ''
      : l10n.t(
          '{0} of {1} samples hold memorised lines',
          summary.nMemorisedSamples.toLocaleString(),
          summary.nSamples.toLocaleString(),
        );
  const amounts = [
    ...[summary.nShardsScanned, summary.nShards, summary.nDocuments.toLocaleString()],
    (summary.corpusBytes / 1e6).toFixed(1),
  ];
  const scanned =
    summary.map === undefined
      ? l10n.t('{0} of {1} shards scanned, {2} documents, {3} MB', ...amounts)
      : l10n.t('{0} of {1} shards read, {2} documents, {3} MB', ...amounts);
  return [
    forLabel(summary.name),
    memorised,
    scanned,
    plan.source.model === null ? '' : l10n.t('Model: {0}', forLabel(plan.source.model)),
    l10n.t('Training data: {0}', plan.corpus.map(forLabel).join(', ')),
    summary.id,
  ]
    .filter((line) => line !== '')
    .join('\n');
}
