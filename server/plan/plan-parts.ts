// Takes a written plan apart, whichever way it was written: with its settings at the top, as people do, in the groups
// of the stored shape, or in the shape of version 1. What comes out are named parts, not yet looked at.

import { corpusSettings } from '../../protocol/corpus-settings.ts';
import { mapSettings } from '../../protocol/map-settings.ts';
import { planSettings } from '../../protocol/plan-settings.ts';
import { servedSettings } from '../../protocol/served-settings.ts';
import { PLAN_VERSION } from '../../protocol/study.ts';
import { UserError } from '../errors.ts';
import { asObject, quoteName, refuseValue } from './refuse-value.ts';

/** Parts that are no settings: where samples come from, and what they are looked for in. */
const PLACES = [
  'kind',
  'model',
  'samplesPath',
  'corpus',
  'contents',
  'columns',
  'promptsFile',
  'prompts',
  'control',
] as const;

export const allSettings = [...planSettings, ...corpusSettings, ...mapSettings, ...servedSettings] as const;

/** The key of a setting, or one of the places. */
export type PartName = (typeof PLACES)[number] | (typeof allSettings)[number]['key'];

export interface PlanPart {
  readonly name: PartName;
  /** What the plan calls it, for messages: `topK`, or `sampling.topK`. */
  readonly label: string;
  readonly value: unknown;
}

/** In the order in which they are written. Throws a `UserError` that names what no plan has. */
export function partsOf(value: unknown): readonly PlanPart[] {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new UserError('A plan is a JSON object with "model" and "corpus"');
  }
  const parts: PlanPart[] = [];
  const add = (name: PartName, label: string, part: unknown) => {
    const other = parts.find((known) => known.name === name);
    if (other !== undefined) {
      throw new UserError(`The plan says "${other.label}" and "${label}", which are the same setting`, {
        action: 'Leave one of them out.',
      });
    }
    parts.push({ name, label, value: part });
  };
  /** Settings had a group of their own then, and `samples` beside it was the place of samples made elsewhere. */
  const isVersion1 = Object.hasOwn(value, 'sampling') && !Object.hasOwn(value, 'source');
  for (const [key, part] of Object.entries(value)) {
    switch (key) {
      case '$schema':
        if (typeof part !== 'string') refuseValue(key, part, 'the address of a schema');
        break;
      case 'version':
        checkVersion(part);
        break;
      case 'source':
        for (const [name, place] of Object.entries(asObject(key, part))) {
          add(sourcePart(name), `source.${name}`, place);
        }
        break;
      case 'sampling':
      case 'rule':
      case 'map':
        for (const [field, setting] of Object.entries(asObject(key, part))) {
          addField(key, field, setting, add);
        }
        break;
      case 'model':
      case 'corpus':
      case 'columns':
      case 'contents':
      case 'control':
        // In version 1 a study of samples made elsewhere says `"model": null`.
        if (part !== null || key === 'corpus') add(key, key, part);
        break;
      case 'samples':
        if (part === null) break;
        add(isVersion1 ? 'samplesPath' : 'samples', key, part);
        break;
      case 'prompts':
        add('promptsFile', key, part);
        break;
      default:
        add(settingAtTop(key), key, part);
    }
  }
  return parts;
}

function checkVersion(version: unknown): void {
  if (version === 1 || version === PLAN_VERSION) return;
  if (typeof version === 'number' && version > PLAN_VERSION) {
    throw new UserError(`The plan's "version" is ${version}, of a newer Verbatim`, {
      action: `Update Verbatim; this one reads plans up to version ${PLAN_VERSION}.`,
    });
  }
  refuseValue('version', version, `${PLAN_VERSION}, or 1 for plans of earlier releases`);
}

function sourcePart(name: string): PartName {
  if (name === 'kind' || name === 'model') return name;
  if (name === 'samples') return 'samplesPath';
  const setting = servedSettings.find(({ field }) => field === name);
  if (setting !== undefined) return setting.key;
  throw new UserError(`The "source" of a plan has no property ${quoteName(name)}`, {
    action: 'Its properties are kind, model, servedName, start and samples.',
  });
}

function addField(
  group: 'sampling' | 'rule' | 'map',
  field: string,
  value: unknown,
  add: (name: PartName, label: string, value: unknown) => void,
): void {
  const label = `${group}.${field}`;
  if (group === 'sampling' && field === 'prompts') {
    add(typeof value === 'string' ? 'promptsFile' : 'prompts', label, value);
    return;
  }
  if (group === 'sampling' && field === 'products') {
    if (value !== 'int8') refuseValue(label, value, '"int8"');
    add('int8', label, true);
    return;
  }
  if (group === 'map' && field === 'control') {
    add('control', label, value);
    return;
  }
  const settings = allSettings.filter((setting) => setting.group === group);
  const found = settings.find((setting) => setting.field === field);
  if (found !== undefined) {
    add(found.key, label, value);
    return;
  }
  const known = settings.map((setting): string => setting.field);
  throw new UserError(`The "${group}" of a plan has no property ${quoteName(field)}`, {
    action: `Its properties are ${[...known, ...MORE_FIELDS[group]].join(', ')}.`,
  });
}

/** Properties of the groups that are no settings. */
const MORE_FIELDS = { sampling: ['prompts'], rule: [], map: ['control'] } as const;

function settingAtTop(key: string): PartName {
  const found = allSettings.find((setting) => setting.key === key);
  if (found !== undefined) return found.key;
  const keys = [
    'model',
    'corpus',
    'prompts',
    'columns',
    'contents',
    ...allSettings.map((setting) => setting.key),
  ];
  throw new UserError(`A plan has no property ${quoteName(key)}`, {
    action: `The properties are ${keys.join(', ')}.`,
  });
}
