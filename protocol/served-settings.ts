// Every setting of a model that a server samples, once, beside those in `plan-settings.ts`. They are part of a plan's source: with another
// of them the samples are those of another model.

import type { PlanSetting } from './setting-type.ts';

export const servedSettings = [
  {
    key: 'servedName',
    group: 'source',
    field: 'servedName',
    cliFlag: '--served-name <name>',
    type: { kind: 'text', most: 500 },
    default: '',
    doc: 'What the server in "model" calls the model that is sampled.',
    title: 'What the server calls the model',
    editor: null,
  },
  {
    key: 'start',
    group: 'source',
    field: 'start',
    cliFlag: '--start <text>',
    type: { kind: 'text', most: 10_000 },
    default: '',
    doc: 'What a served model goes on with where a sample has no prompt: a text such as <|endoftext|>, token ids as [0], or nothing.',
    title: 'What samples without a prompt begin from',
    editor: null,
  },
] as const satisfies readonly PlanSetting[];
