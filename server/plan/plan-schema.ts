// The JSON schema of plan files, by which editors complete and check them while they are written: media/plan.schema.json
// is this, written by `npm run docs`. What it takes, the parser takes.

import type { PlanSetting, SettingType } from '../../protocol/setting-type.ts';
import { PLAN_VERSION } from '../../protocol/study.ts';
import { allSettings } from './plan-parts.ts';

type Schema = Readonly<Record<string, unknown>>;

const text: Schema = { type: 'string', minLength: 1 };
const nothing: Schema = { type: 'null' };

const MODEL =
  'A checkpoint folder (config.json, tokenizer.json, weights), relative to this file, a model of the Hub: owner/name[@revision], or the address of a server of OpenAI’s completions protocol: http://HOST:PORT/v1.';
const SAMPLES = 'Samples made elsewhere: JSON lines, a folder of numbered files or a merged "all" file.';
const CONTROL =
  'Code that the model cannot have seen, to compare with: shard files, folders, or data sets of the Hub.';
/** The two ends of a gap. */
const FILL_IN = {
  type: 'object',
  additionalProperties: false,
  required: ['prefix', 'suffix'],
  properties: { prefix: { type: 'string' }, suffix: { type: 'string' } },
} as const;
/** A prompt as the ids of its tokens. */
const TOKENS = {
  type: 'object',
  additionalProperties: false,
  required: ['tokens'],
  properties: {
    tokens: { type: 'array', minItems: 1, items: { type: 'integer', minimum: 0, maximum: 2 ** 31 - 1 } },
  },
} as const;
const PROMPTS = 'A file of prompts, for pcg and tsg. Relative to this file.';

export function planSchema(): Schema {
  const settings = (group: PlanSetting['group'], name: 'key' | 'field') =>
    Object.fromEntries(
      allSettings
        .filter((setting) => setting.group === group)
        .map((setting) => [setting[name], schemaOf(setting)]),
    );
  return {
    $schema: 'http://json-schema.org/draft-07/schema#',
    title: 'A plan of a Verbatim study',
    description: 'Run it with the lens above the file, or with verbatim study --plan.',
    type: 'object',
    required: ['corpus'],
    anyOf: [{ required: ['model'] }, { required: ['source'] }],
    additionalProperties: false,
    properties: {
      $schema: { type: 'string' },
      version: {
        enum: [1, PLAN_VERSION],
        description: `The version of the plan's shape. Today's is ${PLAN_VERSION}.`,
      },
      source: {
        type: 'object',
        description:
          'Where the samples come from: a model, one that a server holds, or a place of samples made elsewhere; or the model of an extraction map.',
        additionalProperties: false,
        properties: {
          kind: { enum: ['model', 'served', 'samples', 'map'], default: 'model' },
          model: { description: MODEL, anyOf: [...oneOrMore(text), nothing] },
          samples: { description: SAMPLES, anyOf: oneOrMore(text) },
          ...settings('source', 'field'),
        },
      },
      model: { description: MODEL, anyOf: [...oneOrMore(text), nothing] },
      corpus: {
        description:
          'Training data: shard files, folders, or data sets of the Hub (owner/name[@revision][#subset][/files]). Relative to this file.',
        anyOf: [text, { type: 'array', minItems: 1, items: text }],
      },
      contents: {
        ...text,
        description:
          'Place of the texts where the training data holds only the names of blobs, as The Stack v2 does: s3://softwareheritage/content/.',
      },
      ...settings('source', 'key'),
      ...settings('corpus', 'key'),
      ...settings('sampling', 'key'),
      prompts: { description: PROMPTS, anyOf: oneOrMore(text) },
      ...settings('rule', 'key'),
      ...settings('map', 'key'),
      control: { description: CONTROL, anyOf: [text, { type: 'array', items: text }] },
      columns: {
        type: 'object',
        description: 'Columns of the training data that are not called as usual.',
        additionalProperties: false,
        properties: { content: text, repository: text, path: text, license: text },
      },
      sampling: {
        type: 'object',
        description: 'The settings of sampling, as Verbatim writes them.',
        additionalProperties: false,
        properties: {
          ...settings('sampling', 'field'),
          prompts: {
            description: 'The prompts themselves, or a file of them.',
            anyOf: [text, { type: 'array', items: { anyOf: [{ type: 'string' }, FILL_IN, TOKENS] } }],
          },
          products: { const: 'int8', description: 'In plans of version 1: "int8": true.' },
        },
      },
      rule: {
        type: 'object',
        description: 'When two texts are equal, as Verbatim writes it.',
        additionalProperties: false,
        properties: settings('rule', 'field'),
      },
      map: {
        type: 'object',
        description: 'The settings of an extraction map, as Verbatim writes them.',
        additionalProperties: false,
        properties: {
          ...settings('map', 'field'),
          control: { description: CONTROL, anyOf: [text, { type: 'array', items: text }] },
        },
      },
    },
  };
}

function schemaOf({ key, group, type, default: value, doc }: PlanSetting): Schema {
  const one = typeSchema(type);
  if (group === 'corpus') return { description: doc, default: value, ...one };
  return {
    description: doc,
    default: value,
    anyOf: [...oneOrMore(one), ...(key === 'topP' ? [nothing] : [])],
  };
}

/** A list makes a study of each of its values, on the command line. */
const oneOrMore = (one: Schema): readonly Schema[] => [one, { type: 'array', minItems: 1, items: one }];

function typeSchema(type: SettingType): Schema {
  switch (type.kind) {
    case 'whole':
      return { type: 'integer', minimum: type.least, maximum: type.most };
    case 'number': {
      const range = {
        type: 'number',
        [type.isOpen ? 'exclusiveMinimum' : 'minimum']: type.least,
        maximum: type.most,
      };
      return type.alsoAllowed === undefined ? range : { anyOf: [{ const: type.alsoAllowed }, range] };
    }
    case 'choice':
      return {
        enum: type.choices.flatMap(({ value, longName }) =>
          longName === undefined ? [value] : [value, longName],
        ),
        enumDescriptions: type.choices.flatMap(({ doc, longName }) =>
          longName === undefined ? [doc] : [doc, doc],
        ),
      };
    case 'flag':
      return { type: 'boolean' };
    case 'text':
      return { type: 'string', maxLength: type.most };
  }
}
