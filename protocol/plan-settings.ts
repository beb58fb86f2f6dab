// Every setting of a plan, once; those of extraction maps are in `map-settings.ts`, of served models in `served-settings.ts`. The command line's options, the schema of plan files, the editor's settings, the
// wizard's questions and all checks follow from this table; places and prompts are no settings.

import type { PlanSetting, SettingType } from './setting-type.ts';
import { STRATEGY_NAMES } from './study.ts';

export const planSettings = [
  {
    key: 'samples',
    group: 'sampling',
    field: 'nSamples',
    cliFlag: '--samples <n>',
    type: { kind: 'whole', least: 1, most: 10_000_000 },
    default: 20_000,
    doc: 'Outputs to sample.',
    title: 'Number of samples',
    editor: { section: 'sampling', default: 2000 },
  },
  {
    key: 'maxTokens',
    group: 'sampling',
    field: 'maxTokens',
    cliFlag: '--max-tokens <n>',
    type: { kind: 'whole', least: 1, most: 2 ** 31 - 1 },
    default: 512,
    doc: 'Tokens that an output has at most.',
    title: 'Tokens of a sample, at most',
    editor: { section: 'sampling', default: 256 },
  },
  {
    key: 'strategy',
    group: 'sampling',
    field: 'strategy',
    cliFlag: '--strategy <name>',
    type: {
      kind: 'choice',
      choices: [
        { value: 'npg', longName: STRATEGY_NAMES.npg, doc: 'Non-prompt: from the beginning token alone.' },
        {
          value: 'tdg',
          longName: STRATEGY_NAMES.tdg,
          doc: 'Temperature-decaying: the first 20 tokens are drawn wildly.',
        },
        {
          value: 'pcg',
          longName: STRATEGY_NAMES.pcg,
          doc: 'Prompt-conditioned: continues the prompts of a file.',
        },
        {
          value: 'tsg',
          longName: STRATEGY_NAMES.tsg,
          doc: 'Two-step: continues what an earlier study found.',
        },
      ],
    },
    default: 'npg',
    doc: 'How outputs are drawn: non-prompt, temperature-decaying, prompt-conditioned or two-step.',
    title: 'How outputs are drawn',
    editor: null,
  },
  {
    key: 'topK',
    group: 'sampling',
    field: 'topK',
    cliFlag: '--top-k <n>',
    type: { kind: 'whole', least: 0, most: 2 ** 31 - 1 },
    default: 40,
    doc: 'Each token is picked among this many most likely ones. 0: the whole vocabulary.',
    title: 'Top-k (0: the whole vocabulary)',
    editor: { section: 'sampling' },
  },
  {
    key: 'topP',
    group: 'sampling',
    field: 'topP',
    cliFlag: '--top-p <x>',
    type: { kind: 'number', least: 0, most: 1, isOpen: true },
    default: 1,
    doc: 'Each token is picked among the most likely ones that hold this share of the probability. 1: no cut.',
    title: 'Top-p (1: no cut)',
    editor: { section: 'sampling' },
  },
  {
    key: 'temperature',
    group: 'sampling',
    field: 'temperature',
    cliFlag: '--temperature <x>',
    type: { kind: 'number', least: 1e-6, most: 1e6, isOpen: false, alsoAllowed: 0 },
    default: 1,
    doc: 'Above 1 samples are wilder, below tamer. 0 always takes the most likely token.',
    title: 'Temperature (0: always the likeliest)',
    editor: { section: 'sampling' },
  },
  {
    key: 'seed',
    group: 'sampling',
    field: 'seed',
    cliFlag: '--seed <n>',
    type: { kind: 'whole', least: 0, most: Number.MAX_SAFE_INTEGER },
    default: 0,
    doc: 'The same seed gives the same samples.',
    title: 'Seed',
    editor: { section: 'sampling' },
  },
  {
    key: 'int8',
    group: 'sampling',
    field: 'int8',
    cliFlag: '--int8',
    type: { kind: 'flag' },
    default: false,
    doc: 'Products in 8-bit integers: faster, and the study notes how far off its distribution is.',
    title: 'Products in 8-bit integers',
    editor: { section: 'sampling' },
  },
  {
    key: 'minLines',
    group: 'rule',
    field: 'minLines',
    cliFlag: '--min-lines <n>',
    type: { kind: 'whole', least: 1, most: 1_000_000 },
    default: 6,
    doc: 'Fewest equal lines in a row that count as memorised, blank ones left out.',
    title: 'Fewest equal lines',
    editor: { section: 'detection' },
  },
  {
    key: 'profile',
    group: 'rule',
    field: 'profile',
    cliFlag: '--profile <name>',
    type: {
      kind: 'choice',
      choices: [
        { value: 'exact-1', doc: 'Equal but for blanks at both ends.' },
        {
          value: 'text-1',
          doc: 'Equal but for case, punctuation and spacing, as in the published study.',
        },
      ],
    },
    default: 'exact-1',
    doc: 'What makes two lines equal.',
    title: 'When two lines are equal',
    editor: { section: 'detection' },
  },
] as const satisfies readonly PlanSetting[];

type Setting = (typeof planSettings)[number];
type ValueOf<Type> = Type extends { readonly choices: readonly { readonly value: infer Value }[] }
  ? Value
  : Type extends { readonly kind: 'flag' }
    ? boolean
    : number;

/** The values of all settings, by their keys. */
export type SettingValues = { readonly [S in Setting as S['key']]: ValueOf<S['type']> };

/** The editor's settings that plans begin with, by their names without `verbatim.`. */
export type EditorValues = {
  readonly [S in Extract<
    Setting,
    { readonly editor: object }
  > as `${S['editor']['section']}.${S['key']}`]: ValueOf<S['type']>;
};

/** What the value has to be, as the end of "It must be …". */
export function describeType(type: SettingType): string {
  switch (type.kind) {
    case 'whole':
      return `a whole number from ${type.least} to ${type.most}`;
    case 'number': {
      const range = type.isOpen
        ? `above ${type.least} and at most ${type.most}`
        : `from ${type.least} to ${type.most}`;
      return `a number ${type.alsoAllowed === undefined ? '' : `that is ${type.alsoAllowed} or `}${range}`;
    }
    case 'choice':
      return `one of ${type.choices.map(({ value }) => value).join(', ')}`;
    case 'flag':
      return 'true or false';
    case 'text':
      return `a text of at most ${type.most} characters`;
  }
}

/** Whether the value may be that setting's. The long name of a choice may. */
export function isSettingValue(type: SettingType, value: unknown): boolean {
  switch (type.kind) {
    case 'whole':
      return (
        typeof value === 'number' && Number.isInteger(value) && value >= type.least && value <= type.most
      );
    case 'number': {
      if (typeof value !== 'number') return false;
      if (value === type.alsoAllowed) return true;
      return (type.isOpen ? value > type.least : value >= type.least) && value <= type.most;
    }
    case 'choice':
      return type.choices.some((choice) => choice.value === value || choice.longName === value);
    case 'flag':
      return typeof value === 'boolean';
    case 'text':
      return typeof value === 'string' && value.length <= type.most && !value.includes('\0');
  }
}
