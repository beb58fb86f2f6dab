// Checks each part of a plan by itself, and each value where a part lists several. After this every value is of its
// type and in its range; whether the parts fit together is not asked here.

import { describeType, isSettingValue } from '../../protocol/plan-settings.ts';
import type { ColumnNames } from '../../protocol/study.ts';
import { isRemoteLocation } from '../remote/remote-location.ts';
import { isTokenIds } from '../token-ids.ts';
import { allSettings, type PlanPart } from './plan-parts.ts';
import { asObject, quoteName, refuseValue } from './refuse-value.ts';

/** Longer than any system's paths, and than any name of the Hub. */
const MAX_PLACE_CHARACTERS = 4096;
const MAX_COLUMN_BYTES = 1000;

/** The values of the part: one, unless it is a list of values that each make a study. */
export function valuesOf({ name, label, value }: PlanPart): readonly unknown[] {
  switch (name) {
    case 'corpus':
    case 'control':
      checkCorpus(label, value);
      return [value];
    case 'columns':
      checkColumns(label, value);
      return [value];
    case 'ignore':
    case 'contents':
      checkOne(name, label, value);
      return [value];
    case 'prompts':
      checkPrompts(label, value);
      return [value];
    default: {
      const values: readonly unknown[] = Array.isArray(value) && value.length > 0 ? value : [value];
      for (const one of values) checkOne(name, label, one);
      return values;
    }
  }
}

function checkOne(
  name: Exclude<PlanPart['name'], 'corpus' | 'control' | 'columns' | 'prompts'>,
  label: string,
  value: unknown,
): void {
  switch (name) {
    case 'kind':
      if (value !== 'model' && value !== 'served' && value !== 'samples' && value !== 'map')
        refuseValue(label, value, 'one of model, served, samples, map');
      return;
    case 'model':
      if (label !== 'source.model' || value !== null)
        checkPlace(label, value, 'a folder, a name of the Hub or the address of a server');
      return;
    case 'contents':
      checkPlace(label, value, 'a place such as s3://bucket/folder/');
      if (!isRemoteLocation(value)) refuseValue(label, value, 'a place such as s3://bucket/folder/');
      return;
    case 'samplesPath':
    case 'promptsFile':
      checkPlace(label, value, 'a file or a folder');
      return;
    default: {
      const { type } = allSettings.find(({ key }) => key === name)!;
      const isNothing = name === 'topP' && value === null;
      if (!isNothing && !isSettingValue(type, value)) refuseValue(label, value, describeType(type));
    }
  }
}

function checkPlace(label: string, value: unknown, expected: string): asserts value is string {
  if (typeof value !== 'string' || value === '') refuseValue(label, value, expected);
  if (value.length > MAX_PLACE_CHARACTERS || value.includes('\0')) {
    refuseValue(label, value, `${expected}, of at most ${MAX_PLACE_CHARACTERS} characters without NUL`);
  }
}

function checkCorpus(label: string, value: unknown): void {
  const places: readonly unknown[] = Array.isArray(value) ? value : [value];
  for (const place of places) checkPlace(label, place, 'a place or a list of places');
}

function checkPrompts(label: string, value: unknown): void {
  if (!Array.isArray(value)) refuseValue(label, value, 'a list of texts, or the place of a file');
  const wrong = value.findIndex(
    (prompt) => typeof prompt !== 'string' && !isFillIn(prompt) && !isTokens(prompt),
  );
  if (wrong >= 0)
    refuseValue(`${label}[${wrong}]`, value[wrong], 'a text, token ids, or a prefix and a suffix');
}

function isFillIn(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  const { prefix, suffix, ...rest } = value as Readonly<Record<string, unknown>>;
  return typeof prefix === 'string' && typeof suffix === 'string' && Object.keys(rest).length === 0;
}

function isTokens(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  const { tokens, ...rest } = value as Readonly<Record<string, unknown>>;
  return isTokenIds(tokens) && Object.keys(rest).length === 0;
}

const COLUMNS: readonly string[] = [
  'content',
  'repository',
  'path',
  'license',
] satisfies (keyof ColumnNames)[];

function checkColumns(label: string, value: unknown): void {
  for (const [name, column] of Object.entries(asObject(label, value))) {
    if (!COLUMNS.includes(name)) {
      refuseValue(
        label,
        value,
        `an object with names of columns (${COLUMNS.join(', ')}), without ${quoteName(name)}`,
      );
    }
    if (typeof column !== 'string' || column === '' || Buffer.byteLength(column) > MAX_COLUMN_BYTES) {
      refuseValue(`${label}.${name}`, column, 'the name of a column');
    }
  }
}
