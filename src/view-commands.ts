// The commands that look at what a study found.

import { env, type LogOutputChannel, l10n, window } from 'vscode';
import type { FragmentOrder } from '../protocol/fragments.ts';
import type { CommandMap } from './command-map.ts';
import type { Comparison, OpenTexts, SampleRef } from './documents/open-texts.ts';
import { readSetting, writeSetting } from './settings.ts';
import type { StudyTree } from './tree/study-tree.ts';
import type { FragmentNode, SampleNode, TrainNode } from './tree/tree-node.ts';

type Names =
  | 'verbatim.refreshStudies'
  | 'verbatim.sortFragments'
  | 'verbatim.showMore'
  | 'verbatim.compareFragment'
  | 'verbatim.openSample'
  | 'verbatim.openDocument'
  | 'verbatim.copyFingerprint'
  | 'verbatim.toggleDecorations'
  | 'verbatim.showLog';

export function viewCommands(
  tree: Pick<StudyTree, 'refresh' | 'showMore'>,
  texts: OpenTexts,
  log: LogOutputChannel,
): Pick<CommandMap, Names> {
  return {
    'verbatim.refreshStudies': () => tree.refresh(),
    'verbatim.sortFragments': chooseOrder,
    'verbatim.showMore': (node) => tree.showMore(node),
    'verbatim.compareFragment': (target) => texts.compare(toComparison(target)),
    'verbatim.openSample': (target) => texts.openSample(toSampleRef(target)),
    'verbatim.openDocument': ({ study, fragment, occurrence }) =>
      texts.openDocument(study, fragment.fingerprint, occurrence),
    'verbatim.copyFingerprint': async ({ fragment }) => env.clipboard.writeText(fragment.fingerprint),
    'verbatim.toggleDecorations': () =>
      writeSetting('decorations.enabled', !readSetting('decorations.enabled')),
    'verbatim.showLog': () => log.show(),
  };
}

function toComparison(target: Comparison | FragmentNode | TrainNode | SampleNode): Comparison {
  if (!('kind' in target)) return target;
  const { study, fragment } = target;
  const { fingerprint } = fragment;
  switch (target.kind) {
    case 'fragment':
      return { study, fingerprint };
    case 'train':
      return { study, fingerprint, train: target.occurrence };
    case 'sample':
      return { study, fingerprint, sample: target.occurrence };
  }
}

function toSampleRef(target: SampleRef | SampleNode): SampleRef {
  if (!('kind' in target)) return target;
  const { sampleId, firstLine } = target.occurrence;
  return { study: target.study, sampleId, firstLine };
}

async function chooseOrder(): Promise<void> {
  const orders: readonly { readonly order: FragmentOrder; readonly label: string }[] = [
    { order: 'train', label: l10n.t('By occurrences in the training data') },
    { order: 'extract', label: l10n.t('By occurrences in the samples') },
    { order: 'length', label: l10n.t('By length') },
  ];
  const current = readSetting('tree.order');
  const items = orders.map((item) => ({
    ...item,
    ...(item.order === current ? { description: l10n.t('current') } : {}),
  }));
  const chosen = await window.showQuickPick(items, { title: l10n.t('Sort fingerprints') });
  if (chosen !== undefined) await writeSetting('tree.order', chosen.order);
}
