// The places that a study is asked about: its model, its training data, and the prompts of the strategies that
// continue some.

import { l10n, type OpenDialogOptions } from 'vscode';
import { forLabel } from '../../guard/text/for-label.ts';
import type { StudySummary } from '../../protocol/study.ts';
import { fragmentsText } from '../counts-text.ts';
import { askPlaces, fromDialog, fromHub, type Places, type PlaceWay, usedBefore } from './ask-places.ts';
import { type Answer, answered, askText, type Step } from './multi-step.ts';

/** `drawn`: only samples are drawn, which a server gives, too; `read` needs the weights here. */
export async function askModel(
  at: Step,
  recent: readonly string[],
  use: 'drawn' | 'read',
  shipped?: PlaceWay,
): Promise<Answer<string>> {
  const places = await askPlaces(at, l10n.t('Which model?'), [
    ...(shipped === undefined ? [] : [shipped]),
    ...usedBefore(recent.filter((model) => use === 'drawn' || !isAddress(model)).map((model) => [model])),
    fromDialog(
      {
        label: l10n.t('$(folder-opened) Choose a model folder…'),
        detail: l10n.t('A Hugging Face checkpoint: config.json, tokenizer.json and *.safetensors.'),
      },
      {
        title: l10n.t('Model: a folder with config.json, tokenizer.json and *.safetensors'),
        openLabel: l10n.t('Use This Model'),
        canSelectFolders: true,
        canSelectFiles: false,
      },
    ),
    fromHub(
      {
        label: l10n.t('$(cloud-download) Name a model of the Hub…'),
        detail: l10n.t('Such as owner/name. It is downloaded when the study starts.'),
      },
      l10n.t('Model on the Hub'),
      '',
    ),
    ...(use === 'drawn' ? [fromServer()] : []),
  ]);
  return only(places);
}

const fromServer = (): PlaceWay => ({
  label: l10n.t('$(globe) Name a server of models…'),
  detail: l10n.t('Any that speaks OpenAI’s completions protocol, such as vLLM or llama.cpp.'),
  async ask(step) {
    const prompt = l10n.t('Address of the server, such as http://localhost:8000/v1');
    const address = await askText(step, prompt, 'http://', (text) =>
      isAddress(text.trim()) && URL.canParse(text.trim())
        ? undefined
        : l10n.t('Addresses look like http://localhost:8000/v1.'),
    );
    return address.kind === 'answered' ? answered([address.value]) : address;
  },
});

/** Whether a model's place is the address of a server. */
export const isAddress = (model: string): boolean => /^https?:\/\/./i.test(model);

/** Asks what a server calls the model. */
export const askServedName = (at: Step, before: string): Promise<Answer<string>> =>
  askText(at, l10n.t('What does the server call the model?'), before, (text) =>
    text.trim() === '' ? l10n.t('A server may hold several models: name one.') : undefined,
  );

export function askCorpus(at: Step, recent: readonly Places[], shipped?: PlaceWay): Promise<Answer<Places>> {
  const dialog = { title: l10n.t('Training data'), openLabel: l10n.t('Use As Training Data') };
  return askPlaces(at, l10n.t('Which training data?'), [
    ...(shipped === undefined ? [] : [shipped]),
    ...usedBefore(recent),
    fromDialog(
      {
        label: l10n.t('$(folder) A folder…'),
        detail: l10n.t(
          'Of shards (JSON lines, Parquet, Arrow, CSV, tar, zip, packed or not) or of plain source files.',
        ),
      },
      { ...dialog, canSelectFolders: true, canSelectFiles: false, canSelectMany: true },
    ),
    ...shards(dialog),
    {
      label: l10n.t('$(globe) Name shards on another machine…'),
      detail: l10n.t(
        'A bucket (s3://) or an address (https://). They are read while the study runs, and not kept.',
      ),
      async ask(step) {
        const prompt = l10n.t(
          'Place of the shards, such as s3://bucket/folder/ or https://host/data.parquet',
        );
        const place = await askText(step, prompt, 's3://', (text) =>
          /^(s3|https?):\/\/\w/i.test(text.trim())
            ? undefined
            : l10n.t('Places look like s3://bucket/folder/ or https://host/data.parquet.'),
        );
        return place.kind === 'answered' ? answered([place.value]) : place;
      },
    },
  ]);
}

/** Shards on this machine or on the Hub, whatever they are for. */
const shards = (dialog: OpenDialogOptions): readonly PlaceWay[] => [
  fromDialog(
    { label: l10n.t('$(file-zip) Files…'), detail: l10n.t('One or more shards.') },
    { ...dialog, canSelectMany: true },
  ),
  fromHub(
    {
      label: l10n.t('$(cloud-download) Name a data set of the Hub…'),
      detail: l10n.t('Such as owner/name. It is downloaded while the study runs.'),
    },
    l10n.t('Data set on the Hub'),
    'hf://datasets/',
  ),
];

/** Asks for code that the model cannot have seen; none is an answer. */
export async function askControl(at: Step): Promise<Answer<Places>> {
  const dialog = { title: l10n.t('Control'), openLabel: l10n.t('Use As Control') };
  return askPlaces(at, l10n.t('Compare with code that the model cannot have seen?'), [
    {
      label: l10n.t('$(circle-slash) No control'),
      detail: l10n.t('Rates then stand alone: part of them is what any model would guess.'),
      ask: async () => answered([]),
    },
    fromDialog(
      {
        label: l10n.t('$(folder) A folder…'),
        detail: l10n.t(
          'Of code that was written after the model’s data ended. It is read as the training data is.',
        ),
      },
      { ...dialog, canSelectFolders: true, canSelectFiles: false, canSelectMany: true },
    ),
    ...shards(dialog),
  ]);
}

/** Asks for the prompts of prompt-conditioned sampling. */
export async function askPrompts(at: Step, before: string | undefined): Promise<Answer<string>> {
  const dialog = { title: l10n.t('Prompts'), openLabel: l10n.t('Use These Prompts') };
  const places = await askPlaces(at, l10n.t('Which prompts are to be continued?'), [
    ...usedBefore(before === undefined || isStudy(before) ? [] : [[before]]),
    fromDialog(
      {
        label: l10n.t('$(folder) A folder of source files…'),
        detail: l10n.t('Each file’s text up to the end of its first function’s signature.'),
      },
      { ...dialog, canSelectFolders: true, canSelectFiles: false },
    ),
    fromDialog(
      {
        label: l10n.t('$(file) A file of prompts…'),
        detail: l10n.t('JSON lines, a prompt a line of text, or a shard of source files.'),
      },
      dialog,
    ),
  ]);
  return only(places);
}

/** Asks for the study whose fragments become the prompts of two-step sampling. */
export async function askFirstStudy(at: Step, studies: readonly StudySummary[]): Promise<Answer<string>> {
  const ways = studies
    .filter(({ nFragments }) => nFragments !== null && nFragments > 0)
    .map(
      ({ id, name, nFragments }): PlaceWay => ({
        label: `$(beaker) ${forLabel(name)}`,
        description: fragmentsText(nFragments ?? 0),
        detail: forLabel(id),
        ask: async () => answered([id]),
      }),
    );
  const places = await askPlaces(at, l10n.t('Which study’s fragments are to be continued?'), [
    ...ways,
    fromDialog(
      { label: l10n.t('$(folder-opened) Another study file…') },
      {
        title: l10n.t('The first study'),
        openLabel: l10n.t('Use This Study'),
        filters: { [l10n.t('Verbatim studies')]: ['sqlite'] },
      },
    ),
  ]);
  return only(places);
}

const isStudy = (place: string): boolean => place.endsWith('.sqlite');

const only = (places: Answer<Places>): Answer<string> =>
  places.kind === 'answered' ? answered(places.value[0]!) : places;
