// The manifest against the code: every string, setting, colour and command that one names, the other has.

import assert from 'node:assert/strict';
import { globSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { planSettings } from '../../protocol/plan-settings.ts';
import { bundleText } from '../../scripts/l10n.mjs';

const ROOT = join(import.meta.dirname, '..', '..');
const read = (file: string) => readFileSync(join(ROOT, file), 'utf8');
const sources = globSync('src/**/*.ts', { cwd: ROOT }).map(read).join('\n');
const all = sources + globSync('webview/**/*.ts', { cwd: ROOT }).map(read).join('\n');
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
  const settings = /interface Settings extends EditorValues \{(.*?)\n\}/s.exec(read('src/settings.ts'))![1]!;
  const typed = allMatches(settings, /readonly '([^']+)'/g).map((name) => `verbatim.${name}`);
  // Those of plans are typed and read as their table lists them.
  const ofPlans = planSettings.flatMap(({ key, editor }) =>
    editor === null ? [] : [`verbatim.${editor.section}.${key}`],
  );
  assert.deepEqual(sorted(Object.keys(properties)), sorted([...typed, ...ofPlans]));
  for (const [name, property] of Object.entries(properties)) {
    assert.notEqual(property.default, undefined, name);
    assert.ok(property.markdownDescription, name);
  }
  for (const name of typed) {
    const reads = sources.split(`readSetting('${name.replace('verbatim.', '')}')`).length - 1;
    assert.ok(reads > 0, `${name} is never read`);
  }
});

/** What each setting can bring about at most. */
const REACH: Readonly<Record<string, 'looks' | 'asks' | 'opens' | 'runs' | 'fetches' | 'unmasks'>> = {
  'verbatim.sampling.samples': 'asks',
  'verbatim.sampling.maxTokens': 'asks',
  'verbatim.sampling.topK': 'asks',
  'verbatim.sampling.topP': 'asks',
  'verbatim.sampling.temperature': 'asks',
  'verbatim.sampling.seed': 'asks',
  'verbatim.sampling.int8': 'asks',
  'verbatim.detection.minLines': 'asks',
  'verbatim.detection.profile': 'asks',
  'verbatim.execution.provider': 'runs',
  'verbatim.execution.workers': 'runs',
  'verbatim.execution.batch': 'runs',
  'verbatim.execution.download': 'fetches',
  'verbatim.execution.apiKeyFile': 'runs',
  'verbatim.execution.executor': 'runs',
  'verbatim.execution.sbatch': 'runs',
  'verbatim.execution.sbatchModel': 'runs',
  'verbatim.execution.maxRunning': 'runs',
  'verbatim.server.runtime': 'runs',
  'verbatim.tree.groupBy': 'looks',
  'verbatim.tree.order': 'looks',
  'verbatim.decorations.enabled': 'looks',
  'verbatim.decorations.background': 'looks',
  'verbatim.decorations.gutter': 'looks',
  'verbatim.decorations.overviewRuler': 'looks',
  'verbatim.decorations.inlineText': 'looks',
  'verbatim.decorations.hover': 'looks',
  'verbatim.decorations.codeLens': 'looks',
  'verbatim.heatMap.outline': 'looks',
  'verbatim.heatMap.tokens': 'runs',
  'verbatim.live.index': 'opens',
  'verbatim.live.root': 'opens',
  'verbatim.live.problems': 'looks',
  'verbatim.label.annotator': 'asks',
  'verbatim.sensitive.show': 'unmasks',
};

test('a workspace that is not trusted sets nothing that opens, runs, fetches or unmasks', () => {
  const settings = contributes.configuration.flatMap((section: { properties: object }) =>
    Object.keys(section.properties),
  );
  // A new setting has to say here what it can do. What asks is an answer of the wizard, which asks in trusted ones.
  assert.deepEqual(sorted(settings), sorted(Object.keys(REACH)));
  const { restrictedConfigurations } = JSON.parse(manifestText).capabilities.untrustedWorkspaces;
  const reaching = Object.keys(REACH).filter((name) => !['looks', 'asks'].includes(REACH[name]!));
  assert.deepEqual(sorted(restrictedConfigurations), sorted(reaching));
});

test('every colour has a value for all four kinds of theme, and is used', () => {
  for (const { id, defaults } of contributes.colors) {
    assert.deepEqual(Object.keys(defaults).sort(), ['dark', 'highContrast', 'highContrastLight', 'light']);
    const levelled = id.replace(/\.(once|few|tens|hundreds|thousands)(?=[A-Z])/, '.$' + '{level}');
    const heated = id.replace(/\.(certain|likely|even|unlikely|surprising)(?=[A-Z])/, '.$' + '{heat}');
    const isUsed = [`'${id}'`, `\`${levelled}\``, `\`${heated}\``].some((use) => sources.includes(use));
    assert.ok(isUsed, `${id} is not used`);
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

test('every string that the extension shows is in its bundle, and no translation has another', () => {
  assert.equal(read('l10n/bundle.l10n.json'), bundleText(), 'Run node scripts/l10n.mjs');
  const strings = new Set(Object.keys(JSON.parse(bundleText())));
  for (const name of globSync('l10n/bundle.l10n.*.json', { cwd: ROOT })) {
    for (const key of Object.keys(JSON.parse(read(name)))) assert.ok(strings.has(key), `${name}: ${key}`);
  }
});

test('every text is a whole sentence for translators: none is put together from a variable', () => {
  const calls = all.match(/\bl10n\.t\(/g) ?? [];
  const literal = all.match(/\bl10n\.t\(\s*'/g) ?? [];
  // Words of the table of settings, which the bundle has all of.
  const ofSettings = all.match(/\bl10n\.t\((setting\.)?(title|doc)\)/g) ?? [];
  assert.equal(literal.length + ofSettings.length, calls.length);
});

test('every word that the dashboard shows is one for translators', () => {
  for (const name of globSync('webview/**/*.ts', { cwd: ROOT })) {
    // What stands between the tags of an element, on a button, or is read aloud.
    const shown = allMatches(
      read(name),
      /(?:\{\}, |aria-label': |button\(|caption: |note: |label: |head: \[)['`]([^'`$\n]*[A-Za-z]{2})/g,
    );
    assert.deepEqual(shown, [], name);
  }
});

test('colours of the five levels are even steps to the eye, in every kind of theme', () => {
  for (const theme of ['dark', 'light', 'highContrast', 'highContrastLight']) {
    const ramp = ['once', 'few', 'tens', 'hundreds', 'thousands'].map((level) => {
      const id = `verbatim.memorised.${level}Foreground`;
      return lightness(contributes.colors.find((color: { id: string }) => color.id === id).defaults[theme]);
    });
    const steps = ramp.slice(1).map((value, i) => ramp[i]! - value);
    const mean = steps.reduce((sum, step) => sum + step, 0) / steps.length;
    assert.ok(mean > 0.03, `${theme}: ${mean}`);
    for (const step of steps) assert.ok(Math.abs(step - mean) < 0.35 * mean, `${theme}: ${steps.join(' ')}`);
  }
});

test('colours of a heat map are even steps to the eye, and code stays readable on them', () => {
  const heats = ['certain', 'likely', 'even', 'unlikely', 'surprising'];
  const colour = (id: string, theme: string): string =>
    contributes.colors.find((each: { id: string }) => each.id === id).defaults[theme];
  // Backgrounds and comments of VS Code's own themes; comments are what contrasts least.
  for (const [theme, page, comment] of [
    ['dark', '#1f1f1f', '#6a9955'],
    ['light', '#ffffff', '#008000'],
  ] as const) {
    const shown = heats.map((heat) => over(colour(`verbatim.heat.${heat}Background`, theme), page));
    const labs = [...shown, page].map(oklab);
    const steps = labs.slice(1).map((lab, i) => Math.hypot(...lab.map((value, k) => value - labs[i]![k]!)));
    const mean = steps.reduce((sum, step) => sum + step, 0) / steps.length;
    assert.ok(mean > 0.03, `${theme}: ${mean}`);
    for (const step of steps) assert.ok(Math.abs(step - mean) < 0.2 * mean, `${theme}: ${steps.join(' ')}`);
    for (const background of shown) assert.ok(contrast(comment, background) >= 3, `${theme} ${background}`);
  }
  // In themes of high contrast a line below the text stands for the colours.
  for (const theme of ['highContrast', 'highContrastLight']) {
    for (const heat of heats) assert.match(colour(`verbatim.heat.${heat}Background`, theme), /00$/);
    const page = theme === 'highContrast' ? '#000000' : '#ffffff';
    assert.ok(contrast(colour('verbatim.heatMark', theme), page) > 7);
  }
});

test('every step of the walkthrough has a picture for every kind of theme, and says what is in it', () => {
  for (const { steps } of contributes.walkthroughs) {
    for (const { id, media } of steps) {
      assert.deepEqual(Object.keys(media.image).sort(), ['dark', 'hc', 'hcLight', 'light'], id);
      assert.match(media.altText, /^%.+%$/);
      for (const file of Object.values<string>(media.image)) {
        const { size } = statSync(join(ROOT, file));
        assert.ok(size > 5_000 && size < 150_000, `${file} has ${size} bytes`);
      }
    }
  }
});

test('settings have an order, a scope that fits their reach, and a type', () => {
  for (const { properties } of contributes.configuration) {
    const orders = Object.values<{ order: number; type: string }>(properties).map(({ order }) => order);
    assert.equal(new Set(orders).size, orders.length);
    for (const [name, { type }] of Object.entries<{ type: string }>(properties)) assert.ok(type, name);
  }
});

const lightness = (hex: string): number => oklab(hex)[0];

const channels = (hex: string): readonly number[] =>
  [1, 3, 5].map((at) => Number.parseInt(hex.slice(at, at + 2), 16));

const linear = (hex: string): readonly number[] =>
  channels(hex)
    .map((value) => value / 255)
    .map((value) => (value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4));

/** A colour with its opacity over an opaque one. */
function over(hex: string, page: string): string {
  const opacity = Number.parseInt(hex.slice(7, 9), 16) / 255;
  const below = channels(page);
  const mixed = channels(hex).map((value, i) => Math.round(value * opacity + below[i]! * (1 - opacity)));
  return `#${mixed.map((value) => value.toString(16).padStart(2, '0')).join('')}`;
}

/** That of WCAG 2. */
function contrast(one: string, other: string): number {
  const luminances = [one, other].map((hex) => {
    const [r = 0, g = 0, b = 0] = linear(hex);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  });
  return (Math.max(...luminances) + 0.05) / (Math.min(...luminances) + 0.05);
}

/** OKLab, from sRGB (Ottosson 2020). */
function oklab(hex: string): readonly [number, number, number] {
  const [r, g, b] = linear(hex) as [number, number, number];
  const l = Math.cbrt(0.4122214708 * r + 0.5363325363 * g + 0.0514459929 * b);
  const m = Math.cbrt(0.2119034982 * r + 0.6806995451 * g + 0.1073969566 * b);
  const s = Math.cbrt(0.0883024619 * r + 0.2817188376 * g + 0.6299787005 * b);
  return [
    0.2104542553 * l + 0.793617785 * m - 0.0040720468 * s,
    1.9779984951 * l - 2.428592205 * m + 0.4505937099 * s,
    0.0259040371 * l + 0.7827717662 * m - 0.808675766 * s,
  ];
}
