// What follows from the table of a plan's settings and lies in files: the schema of plan files, and the editor's
// settings with their words. `npm run docs` writes them; test/unit/plan/plan-settings.test.ts fails until then.

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { planSettings } from '../protocol/plan-settings.ts';
import { planSchema } from '../server/plan/plan-schema.ts';
import { root } from './setup.mjs';

const PREFIX = 'setting.';

/**
 * Each file's name and its text as it should be.
 * @returns {[name: string, text: string][]}
 */
export function planSettingFiles() {
  return [
    ['media/plan.schema.json', textOf(planSchema())],
    ['package.json', textOf(withSettings(read('package.json')))],
    ['package.nls.json', textOf(withStrings(read('package.nls.json')))],
  ];
}

export function writePlanSettings() {
  for (const [name, text] of planSettingFiles()) writeFileSync(join(root, name), text);
}

const read = (name) => JSON.parse(readFileSync(join(root, name), 'utf8'));
const textOf = (value) => `${JSON.stringify(value, null, 2)}\n`;
const inEditor = () => planSettings.filter(({ editor }) => editor !== null);
const nameOf = ({ key, editor }) => `${editor.section}.${key}`;

/** The manifest's other settings, and everything else, stay as they are. */
function withSettings(manifest) {
  const configuration = manifest.contributes.configuration.map((section) => {
    const own = inEditor().filter(({ editor }) => section.title === `%settings.${editor.section}%`);
    if (own.length === 0) return section;
    const properties = own.map((setting, i) => [`verbatim.${nameOf(setting)}`, propertyOf(setting, i + 1)]);
    return { ...section, properties: Object.fromEntries(properties) };
  });
  return { ...manifest, contributes: { ...manifest.contributes, configuration } };
}

function propertyOf(setting, order) {
  const value = setting.editor.default ?? setting.default;
  const description = `%${PREFIX}${nameOf(setting)}%`;
  const choices = setting.type.choices ?? [];
  const words = choices.map((choice) => `%${wordOf(setting, choice)}%`);
  return {
    ...typeOf(setting.type, value),
    ...(choices.length > 0 ? { enumDescriptions: words } : {}),
    markdownDescription: description,
    order,
  };
}

function typeOf(type, value) {
  switch (type.kind) {
    case 'whole':
      return { type: 'integer', default: value, minimum: type.least, ...upTo(type.most) };
    case 'number':
      // What may be besides the range is left to the wizard's check: a settings page knows ranges only.
      return {
        type: 'number',
        default: value,
        [type.isOpen ? 'exclusiveMinimum' : 'minimum']: type.alsoAllowed ?? type.least,
        ...upTo(type.most),
      };
    case 'choice':
      return { type: 'string', default: value, enum: type.choices.map((choice) => choice.value) };
    case 'flag':
      return { type: 'boolean', default: value };
  }
}

/** Limits that nobody comes near are left out of the settings page. */
const upTo = (most) => (most < 1e6 ? { maximum: most } : {});

const wordOf = (setting, choice) => `${PREFIX}${nameOf(setting)}.${choice.value.replace(/\W/g, '')}`;

/** Words keep their place in the file; new ones come last. */
function withStrings(strings) {
  const wanted = inEditor().flatMap((setting) => [
    ...(setting.type.choices ?? []).map((choice) => [wordOf(setting, choice), choice.doc]),
    [`${PREFIX}${nameOf(setting)}`, setting.doc],
  ]);
  const sections = [...new Set(inEditor().map(({ editor }) => `${PREFIX}${editor.section}.`))];
  const isOwn = (name) => sections.some((section) => name.startsWith(section));
  const names = new Set(wanted.map(([name]) => name));
  const kept = Object.entries(strings).filter(([name]) => !isOwn(name) || names.has(name));
  return Object.fromEntries([...kept, ...wanted]);
}
