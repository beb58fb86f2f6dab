// l10n/bundle.l10n.json, from the sources: every string that the extension and its dashboard show, for translators. Translations lie
// beside it as bundle.l10n.<language>.json; package.nls.<language>.json holds the manifest's.

import { globSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { corpusSettings } from '../protocol/corpus-settings.ts';
import { mapSettings } from '../protocol/map-settings.ts';
import { planSettings } from '../protocol/plan-settings.ts';
import { servedSettings } from '../protocol/served-settings.ts';
import { root } from './setup.mjs';

const CALL = /\bl10n\.t\(\s*'((?:[^'\\]|\\.)*)'/g;

function bundleOfStrings() {
  const sources = globSync(['src/**/*.ts', 'webview/**/*.ts'], { cwd: root }).sort();
  const texts = sources.map((name) => readFileSync(join(root, name), 'utf8'));
  const written = texts.flatMap((text) => [...text.matchAll(CALL)].map((match) => plain(match[1])));
  const strings = [...written, ...wordsOfSettings()];
  return Object.fromEntries([...new Set(strings)].sort().map((text) => [text, text]));
}

export const bundleText = () => `${JSON.stringify(bundleOfStrings(), null, 2)}\n`;

/** The wizard shows them as the table of settings has them, but for the strategies, which it explains itself. */
const wordsOfSettings = () =>
  [...planSettings, ...mapSettings, ...corpusSettings, ...servedSettings]
    .filter(({ key }) => key !== 'strategy' && key !== 'servedName')
    .flatMap(({ title, type }) => [title, ...(type.choices ?? []).map(({ doc }) => doc)]);

const plain = (literal) => literal.replace(/\\(.)/g, '$1');

if (import.meta.filename === process.argv[1]) {
  mkdirSync(join(root, 'l10n'), { recursive: true });
  writeFileSync(join(root, 'l10n', 'bundle.l10n.json'), bundleText());
}
