// Asks for a model, or for training data: one of before, folders and files of this machine, or a name of the Hub.

import { basename } from 'node:path';
import { l10n, type Uri, window } from 'vscode';
import { type Answer, answered, askChoice, askText, type Choice, type Step } from './multi-step.ts';

type Way =
  | { readonly kind: 'recent'; readonly places: readonly string[] }
  | { readonly kind: 'folder' | 'files' | 'hub' };

const HUB_NAME = /^[\w.-]+\/[\w.-]+(@[\w./-]+)?(#[\w.-]+)?(\/\S*)?$/;

export async function askModel(at: Step, recent: readonly string[]): Promise<Answer<string>> {
  const choices: Choice<Way>[] = [
    ...recent.map((place) => recentChoice([place])),
    {
      value: { kind: 'folder' },
      label: l10n.t('$(folder-opened) Choose a model folder…'),
      detail: l10n.t('A Hugging Face checkpoint: config.json, tokenizer.json and *.safetensors.'),
    },
    {
      value: { kind: 'hub' },
      label: l10n.t('$(cloud-download) Name a model of the Hub…'),
      detail: l10n.t('Such as owner/name. It is downloaded when the study starts.'),
    },
  ];
  const way = await askChoice(at, l10n.t('Which model?'), choices);
  if (way.kind !== 'answered') return way;
  if (way.value.kind === 'recent') return answered(way.value.places[0]!);
  if (way.value.kind === 'hub') return askHubName(at, l10n.t('Model on the Hub'));
  const chosen = await window.showOpenDialog({
    title: l10n.t('Model: a folder with config.json, tokenizer.json and *.safetensors'),
    openLabel: l10n.t('Use This Model'),
    canSelectFolders: true,
    canSelectFiles: false,
  });
  return chosen?.[0] === undefined ? askModel(at, recent) : answered(chosen[0].fsPath);
}

export async function askCorpus(
  at: Step,
  recent: readonly (readonly string[])[],
): Promise<Answer<readonly string[]>> {
  const choices: Choice<Way>[] = [
    ...recent.map(recentChoice),
    {
      value: { kind: 'folder' },
      label: l10n.t('$(folder) A folder…'),
      detail: l10n.t('Of shards (.jsonl, .json.gz, .jsonl.zst, .parquet) or of plain source files.'),
    },
    {
      value: { kind: 'files' },
      label: l10n.t('$(file-zip) Files…'),
      detail: l10n.t('One or more shards.'),
    },
    {
      value: { kind: 'hub' },
      label: l10n.t('$(cloud-download) Name a data set of the Hub…'),
      detail: l10n.t('Such as owner/name. It is downloaded while the study runs.'),
    },
  ];
  const way = await askChoice(at, l10n.t('Which training data?'), choices);
  if (way.kind !== 'answered') return way;
  const { value } = way;
  if (value.kind === 'recent') return answered(value.places);
  if (value.kind === 'hub') {
    const name = await askHubName(at, l10n.t('Data set on the Hub'));
    return name.kind === 'answered' ? answered([`hf://datasets/${name.value}`]) : name;
  }
  // Most systems cannot offer files and folders in one dialog.
  const chosen: readonly Uri[] | undefined = await window.showOpenDialog({
    title: l10n.t('Training data'),
    openLabel: l10n.t('Use As Training Data'),
    canSelectFolders: value.kind === 'folder',
    canSelectFiles: value.kind === 'files',
    canSelectMany: true,
  });
  return chosen === undefined ? askCorpus(at, recent) : answered(chosen.map(({ fsPath }) => fsPath));
}

function recentChoice(places: readonly string[]): Choice<Way> {
  const [place = '', ...others] = places;
  const more = others.length === 0 ? '' : l10n.t(' and {0} more', others.length);
  return {
    value: { kind: 'recent', places },
    label: `$(history) ${basename(place)}${more}`,
    description: l10n.t('used before'),
    detail: places.join(', '),
  };
}

function askHubName(at: Step, prompt: string): Promise<Answer<string>> {
  return askText(at, l10n.t('{0}: owner/name, or owner/name@revision', prompt), '', (text) =>
    HUB_NAME.test(text.trim()) ? undefined : l10n.t('Names look like owner/name or owner/name@revision.'),
  );
}
