// The rows of an extraction map: its three orders, their groups, and regions. Probabilities come first, so that they are
// seen in the narrowest side bar.

import { posix } from 'node:path';
import { l10n, ThemeColor, ThemeIcon, TreeItem, TreeItemCollapsibleState } from 'vscode';
import { forLabel } from '../../guard/text/for-label.ts';
import { rawText } from '../../guard/text/foreign.ts';
import { PROBABILITY_BOUNDS, type RegionGrouping } from '../../protocol/extraction-map.ts';
import type { Provenance } from '../../protocol/fragments.ts';
import { documentsText, regionsText } from '../counts-text.ts';
import { labelsOf } from '../documents/provenance-labels.ts';
import { drawsText, probabilityText, sourceText } from '../heat-map/heat-words.ts';
import type { MapViewNode, RegionGroupNode, RegionNode } from './tree-node.ts';

const ICONS: Readonly<Record<RegionGrouping, string>> = {
  document: 'files',
  probability: 'flame',
  licence: 'law',
};

function viewName(by: RegionGrouping): string {
  switch (by) {
    case 'document':
      return l10n.t('Regions by document');
    case 'probability':
      return l10n.t('Regions by probability');
    case 'licence':
      return l10n.t('Regions by licence');
  }
}

/** The documents are open at first: that is what one comes for. */
export function mapViewItem({ by, parent }: MapViewNode): TreeItem {
  const isOpen = by === 'document';
  const item = new TreeItem(
    viewName(by),
    isOpen ? TreeItemCollapsibleState.Expanded : TreeItemCollapsibleState.Collapsed,
  );
  item.iconPath = new ThemeIcon(ICONS[by]);
  item.contextValue = `map-view.${by}`;
  item.accessibilityInformation = {
    label: `${viewName(by)}, ${regionsText(parent.summary.map?.nRegions ?? 0)}`,
  };
  return item;
}

export function regionGroupItem({ group, parent }: RegionGroupNode): TreeItem {
  const { by } = parent;
  const regions = regionsText(group.nRegions);
  const best = `p ${probabilityText(group.bestLogp)}`;
  const item = new TreeItem(groupName(parent, group), TreeItemCollapsibleState.Collapsed);
  const documents = group.nDocuments === null ? [] : [documentsText(group.nDocuments)];
  const parts = by === 'document' ? [best, regions] : [regions, ...documents];
  item.description = parts.join(' · ');
  item.iconPath = new ThemeIcon(by === 'document' ? 'file-code' : ICONS[by]);
  item.contextValue = `region-group.${by}`;
  if (group.provenance !== null) {
    item.tooltip = [sourceText(group.provenance), l10n.t('Likeliest: {0}', best), regions].join('\n');
  }
  item.accessibilityInformation = { label: [String(item.label), ...parts].join(', ') };
  return item;
}

function groupName({ by }: MapViewNode, { key, provenance, license }: RegionGroupNode['group']): string {
  if (provenance !== null) return fileName(provenance);
  if (by === 'licence') return (license && forLabel(license)) || l10n.t('Licence unknown');
  const [least, most] = [PROBABILITY_BOUNDS[key] ?? 0, PROBABILITY_BOUNDS[key - 1]];
  if (most === undefined) return l10n.t('p ≥ {0}', least);
  return least === 0 ? l10n.t('p < {0}', most) : l10n.t('p {0} to {1}', least, most);
}

export function regionItem(node: RegionNode): TreeItem {
  const { region, parent, study } = node;
  const { bestLogp, firstLine, lastLine, nWindows, provenance } = region;
  const p = `p ${probabilityText(bestLogp)}`;
  const lines = l10n.t('lines {0}–{1}', firstLine, lastLine);
  const telling = forLabel(rawText(region.text).trim());
  const item = new TreeItem(`${p} · ${lines}`);
  const place = parent.parent.by === 'document' ? [] : [fileName(provenance)];
  const accepted = region.isAccepted ? [l10n.t('accepted')] : [];
  item.description = [...accepted, telling, ...place].join(' · ');
  const windows = nWindows === 1 ? l10n.t('1 window') : l10n.t('{0} windows that touch', nWindows);
  item.tooltip = [
    telling,
    `${p}, ${drawsText(bestLogp)}`,
    `${lines}, ${windows}`,
    sourceText(provenance),
    ...(region.isAccepted ? [l10n.t('The baseline accepts it.')] : []),
  ].join('\n');
  item.accessibilityInformation = {
    label: [telling, p, drawsText(bestLogp), lines, windows, sourceText(provenance), ...accepted].join(', '),
  };
  item.iconPath = region.isAccepted
    ? new ThemeIcon('pass', new ThemeColor('disabledForeground'))
    : new ThemeIcon('flame');
  item.contextValue = `region.${region.isAccepted ? 'isAccepted' : 'canBeAccepted'}`;
  item.command = {
    command: 'verbatim.openRegion',
    title: l10n.t('Open as Heat Map'),
    arguments: [{ study, documentId: region.documentId, firstLine }],
  };
  return item;
}

function fileName(provenance: Provenance): string {
  const { path, shard, row } = labelsOf(provenance);
  return path === '' ? l10n.t('{0} row {1}', shard, row) : posix.basename(path);
}
