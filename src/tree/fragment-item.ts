// A fragment's row: its first telling line, its counts, and badges for what a reader should not overlook.

import { l10n, ThemeColor, ThemeIcon, TreeItem, TreeItemCollapsibleState } from 'vscode';
import { forLabel } from '../../guard/text/for-label.ts';
import { rawText } from '../../guard/text/foreign.ts';
import type { ListedFragment } from '../../protocol/views.ts';
import { levelOfTrain } from '../decorations/level.ts';
import { categoryName, isCategory } from './category-name.ts';
import type { FragmentNode } from './tree-node.ts';

/** Characters that a row's label may have. */
const MAX_LABEL = 40;

export function fragmentItem(node: FragmentNode): TreeItem {
  const { fragment } = node;
  const line = rawText(fragment.firstLine).trim();
  const item = new TreeItem(forLabel(shortLabel(line)), TreeItemCollapsibleState.Collapsed);
  const badges = badgesOf(fragment);
  const counts = l10n.t(
    'train {0} · extract {1} · {2} lines',
    fragment.train.toLocaleString(),
    fragment.extract.toLocaleString(),
    fragment.nLines,
  );
  item.description = [counts, ...badges.map(({ text }) => text)].join(' · ');
  item.iconPath = iconOf(fragment);
  const spoken = l10n.t(
    '{0} lines, {1} times in {2} documents of {3} repositories, {4} times in {5} samples',
    fragment.nLines,
    fragment.train.toLocaleString(),
    fragment.nDocuments.toLocaleString(),
    fragment.nRepositories.toLocaleString(),
    fragment.extract.toLocaleString(),
    fragment.nSamples.toLocaleString(),
  );
  item.tooltip = [forLabel(line), spoken, ...badges.map(({ meaning }) => meaning), fragment.fingerprint].join(
    '\n',
  );
  item.accessibilityInformation = {
    label: [forLabel(line), spoken, ...badges.map(({ meaning }) => meaning)].join(', '),
  };
  item.contextValue = `fragment.canBeCompared.${fragment.isAccepted ? 'isAccepted' : 'canBeAccepted'}`;
  item.command = {
    command: 'verbatim.compareFragment',
    title: l10n.t('Compare with Training Data'),
    arguments: [{ study: node.study, fingerprint: fragment.fingerprint }],
  };
  return item;
}

interface Badge {
  readonly text: string;
  readonly meaning: string;
}

function badgesOf(fragment: ListedFragment): readonly Badge[] {
  const badges: Badge[] = [];
  const add = (text: string, meaning: string) => badges.push({ text, meaning });
  const { nFamily, category } = fragment;
  const [spdxId, label] = [fragment.spdxId, fragment.label].map(forLabel);
  const sensitive = fragment.sensitive.map(forLabel).join(', ');
  if (nFamily > 1) {
    add(l10n.t('+{0}', nFamily - 1), l10n.t('{0} more fragments overlap with it', nFamily - 1));
  }
  if (sensitive !== '') {
    add(l10n.t('⚠ {0}', sensitive), l10n.t('Holds sensitive content: {0}', sensitive));
  }
  if (label) {
    const name = isCategory(label) ? categoryName(label) : label;
    add(l10n.t('labelled {0}', name), l10n.t('Labelled by hand: {0}', name));
  } else if (spdxId) {
    add(spdxId, l10n.t('The text of a licence: {0}', spdxId));
  } else if (category !== null && category !== 'logic') {
    add(categoryName(category), l10n.t('By its text: {0}', categoryName(category)));
  }
  if (fragment.clipped) {
    add(l10n.t('clipped'), l10n.t('Cut off at the end of a sample: the match may be longer.'));
  }
  if (fragment.isAccepted) add(l10n.t('accepted'), l10n.t('The baseline accepts it.'));
  return badges;
}

function iconOf(fragment: ListedFragment): ThemeIcon {
  if (fragment.isAccepted) return new ThemeIcon('pass', new ThemeColor('disabledForeground'));
  const color = new ThemeColor(`verbatim.memorised.${levelOfTrain(fragment.train)}Foreground`);
  return new ThemeIcon(fragment.sensitive.length > 0 ? 'warning' : 'circle-filled', color);
}

/** A label without a comment's marks, short enough that the counts are seen; the tooltip has the whole line. */
function shortLabel(line: string): string {
  const text = line.replaceAll('\t', ' ').replace(/^(?:\/?\*+|\/\/|#+)\s+(?=\S)/, '');
  return text.length > MAX_LABEL ? `${text.slice(0, MAX_LABEL - 1)}…` : text;
}
