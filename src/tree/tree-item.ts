// How each node of the studies view looks and reads aloud. It asks nobody anything: all is in the node.

import { posix } from 'node:path';
import { l10n, ThemeColor, ThemeIcon, TreeItem, TreeItemCollapsibleState } from 'vscode';
import { forLabel, forTooltip } from '../../guard/text/for-label.ts';
import { rawText } from '../../guard/text/foreign.ts';
import { shorten } from '../../guard/text/shorten.ts';
import { fragmentsText } from '../counts-text.ts';
import { labelsOf } from '../documents/provenance-labels.ts';
import type { StudyRun } from '../studies/study-runs.ts';
import { categoryName, isCategory } from './category-name.ts';
import { fragmentItem } from './fragment-item.ts';
import { mapViewItem, regionGroupItem, regionItem } from './region-item.ts';
import { studyItem } from './study-item.ts';
import {
  type ClusterNode,
  type FamilyNode,
  type GroupNode,
  type MoreNode,
  type NoticeNode,
  nodeId,
  type SampleNode,
  type TrainNode,
  type TreeNode,
} from './tree-node.ts';

export function treeItem(node: TreeNode, run: StudyRun | undefined): TreeItem {
  const item = itemOf(node, run);
  item.id = nodeId(node);
  encode(item);
  return item;
}

/** Characters of a row that anybody reads. */
const MAX_LABEL = 300;
const MAX_TOOLTIP = 4000;

/** Whatever the parts of a row forgot: no label of any row is more than text. */
function encode(item: TreeItem): void {
  if (typeof item.label === 'string') item.label = shorten(forLabel(item.label), MAX_LABEL);
  if (typeof item.description === 'string') item.description = forLabel(item.description);
  if (typeof item.tooltip === 'string') item.tooltip = shorten(forTooltip(item.tooltip), MAX_TOOLTIP);
  const { accessibilityInformation: spoken } = item;
  if (spoken !== undefined) item.accessibilityInformation = { ...spoken, label: forLabel(spoken.label) };
}

function itemOf(node: TreeNode, run: StudyRun | undefined): TreeItem {
  switch (node.kind) {
    case 'study':
      return studyItem(node, run);
    case 'notice':
      return noticeItem(node);
    case 'cluster':
      return clusterItem(node);
    case 'family':
      return familyItem(node);
    case 'fragment':
      return fragmentItem(node);
    case 'train-group':
    case 'sample-group':
      return groupItem(node);
    case 'train':
      return trainItem(node);
    case 'sample':
      return sampleItem(node);
    case 'map-view':
      return mapViewItem(node);
    case 'region-group':
      return regionGroupItem(node);
    case 'region':
      return regionItem(node);
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
  if (node.command !== undefined) {
    item.command = {
      command: node.command,
      title: node.text,
      ...(node.study === '' ? {} : { arguments: [node.study] }),
    };
  }
  return item;
}

const CLUSTER_ICONS: Readonly<Record<ClusterNode['grouping'], string>> = {
  family: 'list-tree',
  category: 'tag',
  licence: 'law',
  repository: 'repo',
  sample: 'output',
  flat: 'list-flat',
};

function clusterItem({ study, grouping, group }: ClusterNode): TreeItem {
  const item = new TreeItem(clusterName(grouping, forLabel(group.name)), TreeItemCollapsibleState.Collapsed);
  const loop = group.isLoop ? [l10n.t('only repeats itself')] : [];
  item.description = [group.nFragments.toLocaleString(), ...loop].join(' · ');
  item.iconPath = new ThemeIcon(CLUSTER_ICONS[grouping]);
  item.contextValue = `cluster.${grouping}`;
  if (grouping === 'sample') {
    const arguments_ = [{ study, sampleId: Number(rawText(group.name)) }];
    item.command = { command: 'verbatim.openSample', title: l10n.t('Open Sample'), arguments: arguments_ };
  }
  item.accessibilityInformation = {
    label: [String(item.label), fragmentsText(group.nFragments), ...loop].join(', '),
  };
  return item;
}

function clusterName(grouping: ClusterNode['grouping'], name: string): string {
  if (grouping === 'category') return isCategory(name) ? categoryName(name) : name;
  if (grouping === 'sample') return l10n.t('Sample {0}', name);
  if (name !== '') return name;
  return grouping === 'licence' ? l10n.t('Licence unknown') : l10n.t('Repository unknown');
}

function familyItem({ fragment }: FamilyNode): TreeItem {
  const item = new TreeItem(l10n.t('Overlapping fragments'), TreeItemCollapsibleState.Collapsed);
  item.description = (fragment.nFamily - 1).toLocaleString();
  item.iconPath = new ThemeIcon('list-tree');
  item.contextValue = 'family';
  return item;
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
  const { firstLine, lastLine } = node.occurrence;
  const provenance = labelsOf(node.occurrence.provenance);
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
  const nShown = node.shown.length.toLocaleString();
  const total = node.total.toLocaleString();
  item.description = node.isAtLeast
    ? l10n.t('{0} of more than {1} shown', nShown, total)
    : l10n.t('{0} of {1} shown', nShown, total);
  item.iconPath = new ThemeIcon('ellipsis');
  item.contextValue = 'more';
  item.command = { command: 'verbatim.showMore', title: l10n.t('Show More'), arguments: [node] };
  return item;
}
