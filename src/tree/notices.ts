// What a study has to say besides its fragments. Above all: what was not looked at is never shown as nothing
// found.

import { l10n } from 'vscode';
import { forLabel } from '../../guard/text/for-label.ts';
import { canBeCloser, shorterThan } from '../../protocol/search-again.ts';
import type { StudyId, StudySummary } from '../../protocol/study.ts';
import { samplesText } from '../counts-text.ts';
import { canShowSoFar } from './study-item.ts';
import type { NoticeNode, PagedNode, StudyNode } from './tree-node.ts';

export function noticesOf(parent: StudyNode, isRunning: boolean): NoticeNode[] {
  const { summary, study } = parent;
  const notices: NoticeNode[] = [];
  const add = (
    name: string,
    severity: NoticeNode['severity'],
    text: string,
    tooltip?: string,
    command?: string,
  ) =>
    notices.push({
      kind: 'notice',
      name,
      severity,
      study,
      parent,
      text,
      ...(tooltip === undefined ? {} : { tooltip }),
      ...(command === undefined ? {} : { command }),
    });

  if (summary.failure !== null && !isRunning) add('failure', 'error', forLabel(summary.failure));
  if (summary.nProblems > 0) {
    add(
      'problems',
      'warning',
      summary.nProblems === 1
        ? l10n.t('1 problem in the training data')
        : l10n.t('{0} problems in the training data', summary.nProblems.toLocaleString()),
      l10n.t('Parts of the training data could not be read. What follows covers the rest alone.'),
    );
  }
  if (summary.map !== undefined) {
    for (const [name, severity, text, tooltip] of mapNotices(summary)) add(name, severity, text, tooltip);
  } else if (summary.nFragments === null) {
    const { nSamples, nShardsScanned, nShards } = summary;
    const made = samplesText(nSamples);
    // Shards are counted when the samples are all there.
    const text =
      nShards === 0
        ? l10n.t('{0} made, nothing scanned yet: no results', made)
        : l10n.t('{0} made, {1} of {2} shards scanned: no results yet', made, nShardsScanned, nShards);
    add('unscanned', 'info', text, l10n.t('Fragments appear here when the training data has been scanned.'));
    if (canShowSoFar(summary, isRunning)) {
      add(
        'so-far',
        'info',
        l10n.t('Show results so far'),
        l10n.t('Looks for what the samples that are there by now repeat.'),
        'verbatim.showSoFar',
      );
    }
  } else if (summary.nShardsScanned < summary.nShards) {
    add(
      'scanned',
      'warning',
      l10n.t('{0} of {1} shards scanned', summary.nShardsScanned, summary.nShards),
      l10n.t('Counts cover the scanned shards alone.'),
    );
  } else if (summary.nFragments === 0) {
    add(
      'none',
      'info',
      l10n.t('No memorised fragment of {0} lines or more', summary.plan.rule.minLines),
      l10n.t('All of the training data was scanned. The dashboard says why nothing may have been found.'),
    );
    if (canBeCloser(summary)) {
      add(
        'closest',
        'info',
        l10n.t('Show the closest matches'),
        l10n.t('Looks for pieces of {0} lines in the same samples.', shorterThan(summary.plan.rule.minLines)),
        'verbatim.showClosest',
      );
    }
  }
  return notices;
}

type Notice = readonly [name: string, severity: NoticeNode['severity'], text: string, tooltip: string];

/** What an extraction map has to say besides its regions. */
function mapNotices({ map, nShards, nShardsScanned, plan }: StudySummary): readonly Notice[] {
  const rest = l10n.t('Regions and rates are those of what was read.');
  if (nShards === 0) return [['unread', 'info', l10n.t('Nothing read yet: no results'), rest]];
  if (nShardsScanned < nShards) {
    return [['unread', 'warning', l10n.t('{0} of {1} shards read', nShardsScanned, nShards), rest]];
  }
  if (map?.nRegions !== 0) return [];
  const least = plan.map?.keep || 1e-4;
  return [
    [
      'none',
      'info',
      l10n.t('No window has a probability of {0} or more', least),
      l10n.t('All of the training data was read. The dashboard says what could be drawn out in all.'),
    ],
  ];
}

export function unreadableNotice(study: StudyId, name: string, reason: string): NoticeNode {
  return {
    kind: 'notice',
    name: 'unreadable',
    severity: 'error',
    study,
    parent: null,
    text: l10n.t('{0} cannot be opened', name),
    tooltip: `${reason}\n${study}`,
    isForgettable: true,
  };
}

/** Counts are exact, but only so many places are kept. */
export function leftOffNotice(parent: PagedNode, nLeftOff: number): NoticeNode {
  return {
    kind: 'notice',
    name: 'left-off',
    severity: 'info',
    study: parent.study,
    parent,
    text: l10n.t('{0} more places are counted but not listed', nLeftOff.toLocaleString()),
  };
}

export function failedNotice(study: StudyId, parent: PagedNode | null, reason: string): NoticeNode {
  return {
    kind: 'notice',
    name: 'load-failed',
    severity: 'error',
    study,
    parent,
    text: l10n.t('This could not be loaded'),
    tooltip: reason,
  };
}

/** Says how many a filter lets through, before their rows. */
export function passingNotice(
  parent: StudyNode,
  nPassing: number,
  nInAll: number,
  isAtLeast: boolean,
): NoticeNode {
  const nPass = nPassing.toLocaleString();
  const nAll = nInAll.toLocaleString();
  return {
    kind: 'notice',
    name: 'passing',
    severity: 'info',
    study: parent.study,
    parent,
    text: isAtLeast
      ? l10n.t('More than {0} of {1} pass the filter', nPass, nAll)
      : l10n.t('{0} of {1} pass the filter', nPass, nAll),
  };
}

/** Parts of a filter that say nothing of regions, so that nobody takes what is listed for what they ask for. */
export function unknownOfRegionsNotice(parent: StudyNode): NoticeNode {
  return {
    kind: 'notice',
    name: 'unknown-of-regions',
    severity: 'info',
    study: parent.study,
    parent,
    text: l10n.t('The filter’s kind, sensitive, clipped and loops are of fragments, and leave no region out'),
  };
}

/** A filter that lets nothing through is not the same as nothing found. */
export function filteredNotice(parent: PagedNode): NoticeNode {
  return {
    kind: 'notice',
    name: 'filtered',
    severity: 'info',
    study: parent.study,
    parent,
    text: l10n.t('Nothing passes the filter'),
  };
}

/** Grouping and filters need what another process is about to write. */
export function undescribedNotice(parent: PagedNode): NoticeNode {
  return {
    kind: 'notice',
    name: 'undescribed',
    severity: 'info',
    study: parent.study,
    parent,
    text: l10n.t('Ungrouped while another process writes this study'),
  };
}

/** Studies of the workspace are files of others until the user says otherwise. */
export function closedNotice(): NoticeNode {
  return {
    kind: 'notice',
    name: 'closed',
    severity: 'info',
    study: '',
    parent: null,
    text: l10n.t('Studies of this workspace are shown once it is trusted'),
    command: 'workbench.trust.manage',
  };
}
