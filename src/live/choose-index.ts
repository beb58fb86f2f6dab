// Chooses the index that texts are looked up in: one that is there, one that is built now, or none.

import { createHash } from 'node:crypto';
import { basename, join } from 'node:path';
import { l10n, type OpenDialogOptions, type QuickPickItem, window } from 'vscode';
import { forLabel } from '../../guard/text/for-label.ts';
import { buildIndex, describeIndex } from '../../protocol/corpus-index.ts';
import type { MatchRule } from '../../protocol/study.ts';
import type { CommandMap } from '../command-map.ts';
import { documentsText } from '../counts-text.ts';
import { showInformation, withNotification } from '../notify.ts';
import { readSetting, writeSetting } from '../settings.ts';
import { progressText, sizeText } from '../studies/progress-text.ts';
import type { StudyServer } from '../study-server.ts';
import { requireTrust } from '../trust/require-trust.ts';
import type { IndexChoice } from './index-choice.ts';

/** `storage` is where an index is built. */
export function chooseIndexCommand(
  server: Pick<StudyServer, 'request' | 'onIndexProgress'>,
  storage: string,
): Pick<CommandMap, 'verbatim.chooseIndex'> {
  return {
    async 'verbatim.chooseIndex'(given) {
      requireTrust(l10n.t('Texts are only looked up in trusted workspaces.'));
      const choice = given ?? (await ask());
      switch (choice?.kind) {
        case 'use':
          return await use(server, choice.index);
        case 'build':
          return await build(server, choice.corpus, storage);
        case 'off':
          return await writeSetting('live.index', '');
      }
    },
  };
}

/** Fails where there is none, and leaves the setting as it is then. */
async function use(server: Pick<StudyServer, 'request'>, index: string): Promise<void> {
  const { nDocuments, contentBytes } = await server.request(describeIndex, { index });
  // The folder that another corpus was moved to says nothing of this one's.
  if (readSetting('live.index') !== index && readSetting('live.root') !== '')
    await writeSetting('live.root', '');
  await writeSetting('live.index', index);
  void showInformation(
    l10n.t(
      'What is pasted, completed or saved is looked up in {0}: {1}, {2} of text.',
      basename(index),
      documentsText(nDocuments),
      sizeText(contentBytes),
    ),
  );
}

async function build(
  server: Pick<StudyServer, 'request' | 'onIndexProgress'>,
  corpus: readonly string[],
  storage: string,
): Promise<void> {
  const rule = {
    minLines: readSetting('detection.minLines'),
    profile: readSetting('detection.profile'),
  };
  const index = join(storage, 'indexes', nameOf(corpus, rule));
  const title = l10n.t('Building the index {0}', basename(index));
  const { nProblems, problems } = await withNotification(title, async (report, token) => {
    const listener = server.onIndexProgress(({ index: of, progress }) => {
      if (of === index) report(progressText(progress));
    });
    try {
      return await server.request(buildIndex, { index, corpus, rule }, token);
    } finally {
      listener.dispose();
    }
  });
  if (nProblems > 0) {
    const first = problems.map((problem) => forLabel(problem)).join(' ');
    void showInformation(
      l10n.t('{0} pieces of the corpus could not be read. {1}', nProblems.toLocaleString(), first),
    );
  }
  await use(server, index);
}

/** One corpus goes on with its index: what was stopped is not lost, and only what is new is read. */
function nameOf(corpus: readonly string[], rule: MatchRule): string {
  const name = basename(corpus[0] ?? '').replaceAll(/[^\p{L}\p{N}._-]+/gu, '-');
  const digest = createHash('sha256')
    .update(JSON.stringify([corpus, rule]))
    .digest('hex');
  return `${name}-${digest.slice(0, 8)}`;
}

interface Way extends QuickPickItem {
  readonly choose: () => Promise<IndexChoice | undefined>;
}

async function ask(): Promise<IndexChoice | undefined> {
  const current = readSetting('live.index');
  const of = async (dialog: OpenDialogOptions) =>
    (await window.showOpenDialog(dialog))?.map(({ fsPath }) => fsPath);
  const build = async (dialog: OpenDialogOptions) => {
    const corpus = await of({ ...dialog, canSelectMany: true, title: l10n.t('Index this corpus') });
    return corpus && ({ kind: 'build', corpus } as const);
  };
  const ways: readonly Way[] = [
    {
      label: l10n.t('$(database) Use an index that is there…'),
      detail: l10n.t('A folder that “verbatim index build” has made'),
      async choose() {
        const title = l10n.t('Use this index');
        const [index] = (await of({ canSelectFiles: false, canSelectFolders: true, title })) ?? [];
        return index === undefined ? undefined : { kind: 'use', index };
      },
    },
    {
      label: l10n.t('$(folder) Build an index of folders…'),
      detail: l10n.t('It takes about 4 % of the size of their text'),
      choose: () => build({ canSelectFiles: false, canSelectFolders: true }),
    },
    {
      label: l10n.t('$(files) Build an index of shard files…'),
      detail: l10n.t('JSON lines, Parquet, Arrow, archives'),
      choose: () => build({ canSelectFiles: true }),
    },
    {
      label: l10n.t('$(circle-slash) Look nothing up'),
      detail: current === '' ? l10n.t('Nothing is looked up now') : forLabel(current),
      choose: async () => ({ kind: 'off' }),
    },
  ];
  const chosen = await window.showQuickPick(ways, { title: l10n.t('Index for live answers') });
  return await chosen?.choose();
}
