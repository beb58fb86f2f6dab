// The manifest against the code: every string, setting, colour and command that one names, the other has.

import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';

const ROOT = join(import.meta.dirname, '..', '..');
const read = (file: string) => readFileSync(join(ROOT, file), 'utf8');
const sources = globSync('src/**/*.ts', { cwd: ROOT }).map(read).join('\n');
const manifestText = read('package.json');
const { contributes } = JSON.parse(manifestText);

const sorted = (values: Iterable<string>) => [...new Set(values)].sort();
const allMatches = (text: string, pattern: RegExp) => [...text.matchAll(pattern)].map((match) => match[1]!);

test('every string of the manifest is in package.nls.json, and no other', () => {
  const strings = Object.keys(JSON.parse(read('package.nls.json')));
  assert.deepEqual(sorted(strings), sorted(allMatches(manifestText, /"%([^%"]+)%"/g)));
});

test('every setting is read, and every setting that is read is declared with a default', () => {
  const properties: Record<string, { default?: unknown; markdownDescription?: string }> = Object.assign(
    {},
    ...contributes.configuration.map((section: { properties: object }) => section.properties),
  );
  const settings = /interface Settings \{(.*?)\n\}/s.exec(read('src/settings.ts'))![1]!;
  const typed = allMatches(settings, /readonly '([^']+)'/g).map((name) => `verbatim.${name}`);
  assert.deepEqual(sorted(Object.keys(properties)), sorted(typed));
  for (const [name, property] of Object.entries(properties)) {
    assert.notEqual(property.default, undefined, name);
    assert.ok(property.markdownDescription, name);
  }
  for (const name of typed) {
    const reads = sources.split(`readSetting('${name.replace('verbatim.', '')}')`).length - 1;
    assert.ok(reads > 0, `${name} is never read`);
  }
});

test('every colour has a value for all four kinds of theme, and is used', () => {
  for (const { id, defaults } of contributes.colors) {
    assert.deepEqual(Object.keys(defaults).sort(), ['dark', 'highContrast', 'highContrastLight', 'light']);
    const levelled = id.replace(/\.(once|few|tens|hundreds|thousands)(?=[A-Z])/, '.$' + '{level}');
    assert.ok(sources.includes(`'${id}'`) || sources.includes(`\`${levelled}\``), `${id} is not used`);
  }
});

test('every menu entry, welcome link and keybinding names a declared command', () => {
  const declared = new Set(contributes.commands.map(({ command }: { command: string }) => command));
  // VS Code makes one for every view.
  for (const { id } of Object.values<readonly { id: string }[]>(contributes.views).flat())
    declared.add(`${id}.focus`);
  const entries = Object.values<readonly { command: string }[]>(contributes.menus).flat();
  const links = allMatches(read('package.nls.json'), /\(command:([\w.]+)\)/g);
  for (const command of [...entries.map((entry) => entry.command), ...links]) {
    assert.ok(declared.has(command), command);
  }
});

test('a command that needs a target is not offered in the palette', () => {
  const map = /interface CommandMap \{(.*?)\n\}/s.exec(read('src/command-map.ts'))![1]!;
  const needTarget = allMatches(map, /'(verbatim\.\w+)': \(\s*\w+: /g);
  const hidden = contributes.menus.commandPalette
    .filter(({ when }: { when: string }) => when === 'false')
    .map(({ command }: { command: string }) => command);
  assert.deepEqual(sorted(hidden), sorted(needTarget));
});
