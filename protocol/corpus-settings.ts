// Every setting of how a corpus is listed, once, beside those in `plan-settings.ts` and `map-settings.ts`. A plan holds it at its top, and only
// where it is not the default, so that plans stay comparable. It has one value: studies of one plan share their corpus.

import type { PlanSetting } from './setting-type.ts';

export const corpusSettings = [
  {
    key: 'ignore',
    group: 'corpus',
    field: 'ignore',
    cliFlag: '--no-ignore',
    type: { kind: 'flag' },
    default: true,
    doc: 'Whether ignore files (.gitignore, .ignore, .verbatimignore) hide files of a corpus, and folders of tools are passed over.',
    help: 'search what ignore files (.gitignore, .ignore, .verbatimignore) hide, and folders of tools',
    title: 'Ignore files hide files of the training data',
    editor: null,
  },
] as const satisfies readonly PlanSetting[];
