// l10n/bundle.l10n.json, from the sources: every string that the extension and its dashboard show, for translators. Translations lie
// beside it as bundle.l10n.<language>.json; package.nls.<language>.json holds the manifest's.

import { globSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './setup.mjs';

const CALL = /\bl10n\.t\(\s*'((?:[^'\\]|\\.)*)'/g;

export function bundleOfStrings() {
  const sources = globSync(['src/**/*.ts', 'webview/**/*.ts'], { cwd: root }).sort();
  const texts = sources.map((name) => readFileSync(join(root, name), 'utf8'));
  const strings = texts.flatMap((text) => [...text.matchAll(CALL)].map((match) => plain(match[1])));
  return Object.fromEntries([...new Set(strings)].sort().map((text) => [text, text]));
}

export const bundleText = () => `${JSON.stringify(bundleOfStrings(), null, 2)}\n`;

const plain = (literal) => literal.replace(/\\(.)/g, '$1');

if (import.meta.filename === process.argv[1]) {
  mkdirSync(join(root, 'l10n'), { recursive: true });
  writeFileSync(join(root, 'l10n', 'bundle.l10n.json'), bundleText());
}
