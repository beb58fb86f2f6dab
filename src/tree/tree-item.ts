// How each node of the studies view looks and reads aloud. It asks nobody anything: all is in the node.

import { posix } from 'node:path';
import { l10n, ThemeColor, ThemeIcon, TreeItem, TreeItemCollapsibleState } from 'vscode';
import type { StudyRun } from '../studies/study-runs.ts';
import { studyItem } from './study-item.ts';
import {
  type FragmentNode,
  type GroupNode,
  type MoreNode,
  type NoticeNode,
  nodeId,
  type SampleNode,
  type TrainNode,
  type TreeNode,
} from './tree-node.ts';

/** In characters. */
const MAX_LABEL = 40;

export function treeItem(node: TreeNode, run: StudyRun | undefined): TreeItem {
  const item = itemOf(node, run);
  item.id = nodeId(node);
  return item;
}

function itemOf(node: TreeNode, run: StudyRun | undefined): TreeItem {
  switch (node.kind) {
    case 'study':
      return studyItem(node, run);
    case 'notice':
      return noticeItem(node);
    case 'fragment':
      return fragmentItem(node);
    case 'train-group':
    case 'sample-group':
      return groupItem(node);
    case 'train':
      return trainItem(node);
    case 'sample':
      return sampleItem(node);
    case 'more':
      return moreItem(node);
  }
}

const NOTICE_ICONS = {
  info: new ThemeIcon('info'),
  warning: new ThemeIcon('warning', new ThemeColor('list.warningForeground')),
  error: new ThemeIcon('error', new ThemeColor('list.errorForeground')),
};

function noticeItem(node: NoticeNode): TreeItem {
  const item = new TreeItem(node.text);
  item.iconPath = NOTICE_ICONS[node.severity];
  item.tooltip = node.tooltip ?? node.text;
  item.contextValue = node.isForgettable ? 'notice.forgettable' : 'notice';
  return item;
}

function fragmentItem(node: FragmentNode): TreeItem {
  const { fragment } = node;
  const item = new TreeItem(shortLabel(fragment.firstLine), TreeItemCollapsibleState.Collapsed);
  item.description = l10n.t(
    'train {0} · extract {1} · {2} lines',
    fragment.train.toLocaleString(),
    fragment.extract.toLocaleString(),
    fragment.nLines,
  );
  item.iconPath = new ThemeIcon('circle-filled', new ThemeColor(trainColor(fragment.train)));
  const counts = l10n.t(
    '{0} lines, {1} times in {2} documents of {3} repositories, {4} times in {5} samples',
    fragment.nLines,
    fragment.train.toLocaleString(),
    fragment.nDocuments.toLocaleString(),
    fragment.nRepositories.toLocaleString(),
    fragment.extract.toLocaleString(),
    fragment.nSamples.toLocaleString(),
  );
  const clipped = fragment.clipped ? l10n.t('Cut off at the end of a sample: the match may be longer.') : '';
  item.tooltip = [fragment.firstLine.trim(), counts, clipped, fragment.fingerprint]
    .filter((line) => line !== '')
    .join('\n');
  item.accessibilityInformation = { label: `${fragment.firstLine.trim()}, ${counts}` };
  item.contextValue = 'fragment.canBeCompared';
  item.command = {
    command: 'verbatim.compareFragment',
    title: l10n.t('Compare with Training Data'),
    arguments: [{ study: node.study, fingerprint: fragment.fingerprint }],
  };
  return item;
}

/** Short enough that the counts after it are seen; the tooltip has the whole line. */
function shortLabel(line: string): string {
  const text = line.trim();
  return text.length > MAX_LABEL ? `${text.slice(0, MAX_LABEL - 1)}…` : text;
}

/** The same three steps as the decorations in the samples. */
function trainColor(train: number): string {
  if (train >= 10) return 'verbatim.memorised.manyForeground';
  return train >= 2 ? 'verbatim.memorised.fewForeground' : 'verbatim.memorised.onceForeground';
}

function groupItem(node: GroupNode): TreeItem {
  const isTrain = node.kind === 'train-group';
  const item = new TreeItem(
    isTrain ? l10n.t('In the training data') : l10n.t('In the samples'),
    isTrain ? TreeItemCollapsibleState.Expanded : TreeItemCollapsibleState.Collapsed,
  );
  const count = isTrain ? node.fragment.train : node.fragment.extract;
  item.description = count.toLocaleString();
  item.iconPath = new ThemeIcon(isTrain ? 'library' : 'sparkle');
  item.contextValue = node.kind;
  return item;
}

function trainItem(node: TrainNode): TreeItem {
  const { provenance, firstLine, lastLine } = node.occurrence;
  const path = provenance.path || provenance.shard;
  const { dir, base } = posix.parse(path);
  const item = new TreeItem(`${base}:${firstLine}–${lastLine}`);
  const place = l10n.t('{0}, lines {1}–{2}', path, firstLine, lastLine);
  item.description = [provenance.repository, dir, provenance.license]
    .filter((part) => part !== '')
    .join(' · ');
  item.tooltip = [
    provenance.repository,
    place,
    provenance.license === '' ? l10n.t('Licence unknown') : l10n.t('Licence: {0}', provenance.license),
    l10n.t('{0}, row {1}', provenance.shard, provenance.row),
  ]
    .filter((line) => line !== '')
    .join('\n');
  item.accessibilityInformation = { label: `${provenance.repository}, ${place}, ${provenance.license}` };
  item.iconPath = new ThemeIcon('file-code');
  item.contextValue = 'train.canBeCompared';
  item.command = {
    command: 'verbatim.compareFragment',
    title: l10n.t('Compare with a Sample'),
    arguments: [{ study: node.study, fingerprint: node.fragment.fingerprint, train: node.occurrence }],
  };
  return item;
}

function sampleItem(node: SampleNode): TreeItem {
  const { sampleId, firstLine, lastLine } = node.occurrence;
  const item = new TreeItem(l10n.t('Sample {0}', sampleId));
  item.description = l10n.t('lines {0}–{1}', firstLine, lastLine);
  item.tooltip = l10n.t('Sample {0}, lines {1}–{2}', sampleId, firstLine, lastLine);
  item.iconPath = new ThemeIcon('output');
  item.contextValue = 'sample.canBeCompared';
  item.command = {
    command: 'verbatim.compareFragment',
    title: l10n.t('Compare with Training Data'),
    arguments: [{ study: node.study, fingerprint: node.fragment.fingerprint, sample: node.occurrence }],
  };
  return item;
}

function moreItem(node: MoreNode): TreeItem {
  const item = new TreeItem(l10n.t('Show more'));
  item.description = l10n.t('{0} of {1} shown', node.nShown.toLocaleString(), node.total.toLocaleString());
  item.iconPath = new ThemeIcon('ellipsis');
  item.contextValue = 'more';
  item.command = { command: 'verbatim.showMore', title: l10n.t('Show More'), arguments: [node] };
  return item;
}
