// A fragment's row: its length and count, its telling line, where it is from, and badges for what a reader should not
// overlook. The counts come first, so that they are seen in the narrowest side bar.

import { posix } from 'node:path';
import { l10n, MarkdownString, ThemeColor, ThemeIcon, TreeItem, TreeItemCollapsibleState } from 'vscode';
import { forHover } from '../../guard/text/for-hover.ts';
import { forLabel } from '../../guard/text/for-label.ts';
import { rawText } from '../../guard/text/foreign.ts';
import { visible } from '../../guard/text/visible.ts';
import type { ListedFragment } from '../../protocol/views.ts';
import { documentsText, repositoriesText, samplesText, timesText } from '../counts-text.ts';
import { levelOfTrain } from '../decorations/level.ts';
import { labelsOf } from '../documents/provenance-labels.ts';
import { categoryName, isCategory } from './category-name.ts';
import type { FragmentNode } from './tree-node.ts';

/** Characters that a row's label may have. */
const MAX_LABEL = 40;
const MAX_PREVIEW_LINES = 16;

export function fragmentItem(node: FragmentNode): TreeItem {
  const { fragment } = node;
  const line = rawText(fragment.firstLine).trim();
  const counts = l10n.t('{0} lines · {1}×', fragment.nLines, fragment.train.toLocaleString());
  const item = new TreeItem(counts, TreeItemCollapsibleState.Collapsed);
  const badges = badgesOf(fragment);
  const telling = forLabel(shortLabel(line));
  item.description = [telling, ...sourceParts(fragment), ...badges.map(({ text }) => text)].join(' · ');
  item.iconPath = iconOf(fragment);
  const facts = fragmentFacts(node).split('\n');
  item.accessibilityInformation = { label: [forLabel(line), ...facts].join(', ') };
  item.contextValue = `fragment.canBeCompared.${fragment.isAccepted ? 'isAccepted' : 'canBeAccepted'}`;
  item.command = {
    command: 'verbatim.compareFragment',
    title: l10n.t('Compare with Training Data'),
    arguments: [{ study: node.study, fingerprint: fragment.fingerprint }],
  };
  return item;
}

/** Counts and badges in words, one a line. VS Code asks for the hover only where a row has no tooltip yet. */
export function fragmentFacts({ fragment }: FragmentNode): string {
  const counts = l10n.t(
    '{0} lines, {1} in {2} of {3}, {4} in {5}',
    fragment.nLines,
    timesText(fragment.train),
    documentsText(fragment.nDocuments),
    repositoriesText(fragment.nRepositories),
    timesText(fragment.extract),
    samplesText(fragment.nSamples),
  );
  return [counts, ...badgesOf(fragment).map(({ meaning }) => meaning)].join('\n');
}

/** File, repository and licence, as far as they are known. */
export function sourceParts({ source }: ListedFragment): readonly string[] {
  if (source === null) return [];
  const { repository, path, shard, license } = labelsOf(source);
  const file = posix.basename(path || shard);
  return [file, repository, license || l10n.t('licence unknown')].filter((part) => part !== '');
}

/** What pointing at a row shows: the fragment's counts and sources, and its text in the colours of its language. */
export function fragmentHover({ fragment }: FragmentNode, text: string, known: string): MarkdownString {
  const hover = new MarkdownString();
  hover.isTrusted = false;
  hover.supportHtml = false;
  const lines = visible(text, '\n\t').split('\n');
  const extension = fragment.source === null ? '' : posix.extname(labelsOf(fragment.source).path).slice(1);
  const name = fragment.category === null ? '' : categoryName(fragment.category);
  // A badge may have said it.
  const kind = name === '' || known.includes(name) ? '' : l10n.t('Kind: {0}', name);
  const about = [sourceParts(fragment).join(' · '), kind, ...known.split('\n')].filter((part) => part !== '');
  hover.appendMarkdown(`${about.map((part) => forHover(part)).join('  \n')}\n\n`);
  hover.appendCodeblock(
    lines.slice(0, MAX_PREVIEW_LINES).join('\n'),
    /^\w+$/.test(extension) ? extension : '',
  );
  if (lines.length > MAX_PREVIEW_LINES) {
    hover.appendMarkdown(`${forHover(l10n.t('… {0} more lines', lines.length - MAX_PREVIEW_LINES))}\n\n`);
  }
  return hover;
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
    const { core } = fragment;
    const overlap =
      nFamily === 2
        ? l10n.t('1 more fragment overlaps with it')
        : l10n.t('{0} more fragments overlap with it', nFamily - 1);
    if (core === null) add(l10n.t('+{0}', nFamily - 1), overlap);
    else {
      const most = core.train.toLocaleString();
      add(
        l10n.t('+{0}, up to {1}×', nFamily - 1, most),
        l10n.t(
          '{0}; the most frequent, of {1} lines, stands {2} times in the training data',
          overlap,
          core.nLines,
          most,
        ),
      );
    }
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
  if (fragment.isOnlyInLoops) {
    add(l10n.t('only in loops'), l10n.t('All samples that hold it only repeat themselves.'));
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
