// Every setting of an extraction map, once, beside those of sampling and detection in `plan-settings.ts`. Its rule of
// drawing is that of sampling: temperature and top-k.

import type { PlanSetting } from './setting-type.ts';

export const mapSettings = [
  {
    key: 'prefix',
    group: 'map',
    field: 'prefix',
    cliFlag: '--prefix <n>',
    type: { kind: 'whole', least: 1, most: 1_000_000 },
    default: 50,
    doc: 'Tokens of a window that the model is given.',
    title: 'Tokens that are given',
    editor: null,
  },
  {
    key: 'suffix',
    group: 'map',
    field: 'suffix',
    cliFlag: '--suffix <n>',
    type: { kind: 'whole', least: 1, most: 1_000_000 },
    default: 50,
    doc: 'Tokens of a window that the model is asked for.',
    title: 'Tokens that are asked for',
    editor: null,
  },
  {
    key: 'stride',
    group: 'map',
    field: 'stride',
    cliFlag: '--stride <n>',
    type: { kind: 'whole', least: 1, most: 1_000_000 },
    default: 50,
    doc: 'Tokens from the start of a window to that of the next.',
    title: 'Tokens between windows',
    editor: null,
  },
  {
    key: 'context',
    group: 'map',
    field: 'context',
    cliFlag: '--context <mode>',
    type: {
      kind: 'choice',
      choices: [
        { value: 'exact', doc: 'The model sees the prefix alone: the definition of the field.' },
        {
          value: 'running',
          doc: 'The model sees at least half a context of what stands before: one pass for every window.',
        },
      ],
    },
    default: 'exact',
    doc: 'What the model sees before a suffix: the prefix alone, or the running text.',
    title: 'What the model sees',
    editor: null,
  },
  {
    key: 'keep',
    group: 'map',
    field: 'keep',
    cliFlag: '--keep <p>',
    type: { kind: 'number', least: 0, most: 1, isOpen: false },
    default: 1e-4,
    doc: 'Least probability of a window that is kept with its text. 0 keeps all; every window is counted.',
    title: 'Least probability that is kept',
    editor: null,
  },
  {
    key: 'bos',
    group: 'map',
    field: 'bos',
    cliFlag: '--bos',
    type: { kind: 'flag' },
    default: false,
    doc: 'Put the beginning token before what the model sees.',
    title: 'A beginning token first',
    editor: null,
  },
] as const satisfies readonly PlanSetting[];
