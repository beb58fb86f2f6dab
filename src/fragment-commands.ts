// The commands that add to a study or take from it: labels, what the baseline accepts, the training rows.

import { userInfo } from 'node:os';
import { l10n, window, workspace } from 'vscode';
import { rawText } from '../guard/text/foreign.ts';
import { acceptFragments, categories, labelFragment, listTrainingRows } from '../protocol/views.ts';
import type { CommandMap } from './command-map.ts';
import { UserFault } from './failure.ts';
import { showStatus } from './notify.ts';
import { readSetting } from './settings.ts';
import type { StudyLocation } from './studies/study-location.ts';
import type { StudyServer } from './study-server.ts';
import { categoryName } from './tree/category-name.ts';
import { type FragmentNode, fingerprintOf, type RegionNode } from './tree/tree-node.ts';
import { requireTrust } from './trust/require-trust.ts';
import { toComparison } from './view-commands.ts';

type Names =
  | 'verbatim.acceptFragment'
  | 'verbatim.unacceptFragment'
  | 'verbatim.labelFragment'
  | 'verbatim.showTrainingRows';

export function fragmentCommands(
  server: StudyServer,
  location: StudyLocation,
  refresh: () => void,
): Pick<CommandMap, Names> {
  const accept = async (node: FragmentNode | RegionNode, reason: string | null) => {
    const baseline = requireBaseline(location);
    const fingerprints = [fingerprintOf(node)];
    await server.request(acceptFragments, { baseline, fingerprints, reason });
    refresh();
  };

  return {
    async 'verbatim.acceptFragment'(node, given) {
      requireBaseline(location); // Nobody should give a reason for nothing.
      const reason = given ?? (await askReason());
      if (reason !== undefined) await accept(node, reason);
    },
    'verbatim.unacceptFragment': (node) => accept(node, null),
    async 'verbatim.labelFragment'({ study, fragment }, given) {
      requireTrustToWrite();
      const items = categories.map((label) => ({ label: categoryName(label), value: label }));
      const none = { label: l10n.t('No label'), value: null };
      const chosen =
        given === undefined
          ? await window.showQuickPick([...items, none], { title: l10n.t('What is this fragment?') })
          : { value: given };
      if (chosen === undefined) return;
      const annotator = readSetting('label.annotator') || userInfo().username;
      const { fingerprint } = fragment;
      await server.request(labelFragment, { study, fingerprint, annotator, label: chosen.value });
      refresh();
    },
    async 'verbatim.showTrainingRows'(target) {
      const { study } = target;
      const fingerprint =
        'kind' in target && target.kind === 'region'
          ? fingerprintOf(target)
          : toComparison(target).fingerprint;
      const { lines, nUnlisted } = await server.request(listTrainingRows, { study, fingerprint });
      const document = await workspace.openTextDocument({ content: rawText(lines), language: 'jsonl' });
      await window.showTextDocument(document, { preview: true });
      if (nUnlisted === 0) return;
      const text = l10n.t('{0} more occurrences lie beyond the places that are kept.', nUnlisted);
      showStatus(text, 15_000);
    },
  };
}

/** The baseline's file, there or not. */
export function requireBaseline(location: Pick<StudyLocation, 'baselineFile'>): string {
  requireTrustToWrite();
  const baseline = location.baselineFile();
  if (baseline !== null) return baseline;
  throw new UserFault(
    l10n.t('A baseline belongs to a folder, and none is open.'),
    l10n.t('Open the folder that the baseline is for.'),
  );
}

/** Undefined where it is called off. */
export const askReason = (): Thenable<string | undefined> =>
  window.showInputBox({
    title: l10n.t('Accept this fragment into the baseline'),
    prompt: l10n.t('Why is it accepted? The reason is kept in .verbatim-baseline.json.'),
    value: l10n.t('accepted'),
  });

const requireTrustToWrite = () =>
  requireTrust(l10n.t('Studies and baselines are only written in trusted workspaces.'));
