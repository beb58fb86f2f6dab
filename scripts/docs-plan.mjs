// docs/reference/plan.md, from the table of settings: how a plan is written.

import { corpusSettings } from '../protocol/corpus-settings.ts';
import { mapSettings } from '../protocol/map-settings.ts';
import { describeType, planSettings } from '../protocol/plan-settings.ts';
import { servedSettings } from '../protocol/served-settings.ts';
import { PLAN_VERSION } from '../protocol/study.ts';
import { table } from './docs-markdown.mjs';

export function planReference() {
  return [
    '# Plan files',
    '',
    'A plan is what a study is asked for, as a JSON object. Study files hold it, *Copy Plan as JSON* in the dashboard gives',
    'it, `verbatim study --plan FILE` and `verbatim sample --plan FILE` run it, and so does the line above a file that is',
    'called `*.verbatim.json`. `media/plan.schema.json` is its JSON schema.',
    '',
    'Settings stand at the top, as people write them, or in `sampling`, `rule` and `map`, as Verbatim does; what is left out has',
    'its default. Paths are relative to the file. On the command line a list of values in place of one makes a study of',
    'each, and several lists a study of every combination.',
    '',
    '## Places',
    '',
    ...table(
      ['property', 'meaning'],
      [
        ['`version`', `${PLAN_VERSION}; plans without it, and those of version 1, are read too`],
        [
          '`source`',
          '`{"kind": "model", "model": …}`, or `{"kind": "served", "model": …, "servedName": …}` for a model that a server holds, or `{"kind": "samples", "samples": …}` for samples made elsewhere, or `{"kind": "map", "model": …}` for an extraction map',
        ],
        [
          '`model`',
          'a checkpoint folder, a model of the Hub: `owner/name[@revision]`, or the address of a server; short for such a `source`',
        ],
        ['`corpus`', 'training data: a place or a list of places, which is one value'],
        [
          '`control`',
          'places of code that the model cannot have seen, to compare with; of an extraction map in `map`, as Verbatim writes it',
        ],
        [
          '`contents`',
          'place of the texts where the training data holds only the names of blobs: `s3://softwareheritage/content/`',
        ],
        ['`columns`', 'names of columns of the training data: `content`, `repository`, `path`, `license`'],
        [
          '`prompts`',
          'a file of prompts for `pcg` and `tsg`; in `sampling` also the prompts themselves, in a list',
        ],
      ],
    ),
    '',
    '## Settings',
    '',
    ...table(
      ['property', 'in the groups', 'option', 'meaning', 'value', 'default'],
      [...planSettings, ...corpusSettings, ...mapSettings, ...servedSettings].map(
        ({ key, group, field, cliFlag, doc, type, default: value }) => [
          `\`${key}\``,
          group === 'corpus' ? `\`${field}\`` : `\`${group}.${field}\``,
          `\`${cliFlag}\``,
          doc,
          describeType(type),
          `\`${JSON.stringify(value)}\``,
        ],
      ),
    ),
    '',
    'Strategies have long names, too: ' +
      planSettings
        .flatMap(({ type }) => type.choices ?? [])
        .filter(({ longName }) => longName !== undefined)
        .map(({ value, longName }) => `\`${longName}\` is \`${value}\``)
        .join(', ') +
      '.',
  ];
}
