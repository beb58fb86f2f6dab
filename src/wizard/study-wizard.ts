// Asks what to study: the demo, or a model's folder and its training data. It decides nothing else and starts
// nothing.

import { basename } from 'node:path';
import { commands, l10n, type QuickPickItem, type Uri, window, workspace } from 'vscode';
import { readSetting } from '../settings.ts';

export type StudyChoice =
  | { readonly kind: 'demo' }
  | {
      readonly kind: 'folders';
      readonly model: string;
      readonly corpus: readonly string[];
      readonly nSamples: number;
    };

interface Item<Value> extends QuickPickItem {
  readonly value?: Value;
}

/** Null when the user leaves it. */
export async function askWhatToStudy(): Promise<StudyChoice | null> {
  const kind = await pick<'demo' | 'folders' | 'trust'>(l10n.t('Run Memorization Study'), [
    {
      value: 'demo',
      label: l10n.t('$(play) Run the demo'),
      detail: l10n.t('A small model that ships with Verbatim, and its real training data. About a minute.'),
    },
    ...(workspace.isTrusted
      ? [
          {
            value: 'folders' as const,
            label: l10n.t('$(folder-opened) Choose a model and its training data…'),
            detail: l10n.t('A Hugging Face checkpoint folder, and a folder or files of training documents.'),
          },
        ]
      : [
          {
            value: 'trust' as const,
            label: l10n.t('$(workspace-untrusted) Trust this workspace…'),
            detail: l10n.t('Models and training data of your own are read in trusted workspaces only.'),
          },
        ]),
  ]);
  if (kind === 'demo') return { kind };
  if (kind === 'trust') await commands.executeCommand('workbench.trust.manage');
  return kind === 'folders' ? askForFolders() : null;
}

async function askForFolders(): Promise<StudyChoice | null> {
  const [model] =
    (await window.showOpenDialog({
      title: l10n.t('Model: a folder with config.json, tokenizer.json and *.safetensors'),
      openLabel: l10n.t('Use This Model'),
      canSelectFolders: true,
      canSelectFiles: false,
    })) ?? [];
  if (model === undefined) return null;
  const corpus = await askForCorpus(basename(model.fsPath));
  if (corpus === null) return null;
  const nSamples = await askForSize();
  if (nSamples === null) return null;
  return { kind: 'folders', model: model.fsPath, corpus: corpus.map(({ fsPath }) => fsPath), nSamples };
}

/** Most systems cannot offer files and folders in one dialog. */
async function askForCorpus(model: string): Promise<readonly Uri[] | null> {
  const title = l10n.t('Training data of {0}', model);
  const what = await pick<'folder' | 'files'>(title, [
    {
      value: 'folder',
      label: l10n.t('$(folder) A folder…'),
      detail: l10n.t('Of shards (.jsonl, .json.gz) or of plain source files.'),
    },
    {
      value: 'files',
      label: l10n.t('$(file-zip) Files…'),
      detail: l10n.t('One or more shards: .jsonl, .json.gz'),
    },
  ]);
  if (what === null) return null;
  const chosen = await window.showOpenDialog({
    title,
    openLabel: l10n.t('Use As Training Data'),
    canSelectFolders: what === 'folder',
    canSelectFiles: what === 'files',
    canSelectMany: true,
  });
  return chosen ?? null;
}

function askForSize(): Promise<number | null> {
  const configured = readSetting('sampling.samples');
  const sizes = [
    { value: 256, detail: l10n.t('A quick look.') },
    { value: configured, detail: l10n.t('As set in verbatim.sampling.samples.') },
    { value: 20_000, detail: l10n.t('As many as the published study took.') },
  ];
  const distinct = sizes.filter(({ value }, i) => sizes.findIndex((size) => size.value === value) === i);
  return pick(
    l10n.t('How many samples?'),
    distinct.map(({ value, detail }) => ({
      value,
      label: l10n.t('{0} samples', value.toLocaleString()),
      detail,
    })),
  );
}

async function pick<Value>(title: string, items: readonly Item<Value>[]): Promise<Value | null> {
  const chosen = await window.showQuickPick(items, { title, matchOnDetail: true });
  return chosen?.value ?? null;
}
