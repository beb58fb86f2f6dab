// docs/reference/settings.md, from the extension's manifest: what can be set, run and coloured in VS Code.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { table } from './docs-markdown.mjs';
import { root } from './setup.mjs';

export function settingsReference() {
  const { contributes, capabilities } = read('package.json');
  const strings = read('package.nls.json');
  const text = (value = '') => value.replace(/^%(.*)%$/, (_, name) => strings[name] ?? missing(name));
  const restricted = capabilities.untrustedWorkspaces.restrictedConfigurations ?? [];
  return [
    '# Settings, commands and colours in VS Code',
    '',
    ...[contributes.configuration].flat().flatMap(({ title, properties }) => [
      `## ${text(title)}`,
      '',
      ...table(
        ['setting', 'meaning', 'default'],
        Object.entries(properties)
          .sort(([, a], [, b]) => (a.order ?? 0) - (b.order ?? 0))
          .map(([name, property]) => [`\`${name}\``, meaningOf(name), defaultOf(property)]),
      ),
      '',
    ]),
    '## Commands',
    '',
    ...table(
      ['command', 'identifier', 'in the palette'],
      contributes.commands.map(({ command, title, category }) => [
        `${category}: ${text(title)}`,
        `\`${command}\``,
        isInPalette(command) ? 'yes' : 'no: where it applies',
      ]),
    ),
    '',
    ...keybindings(contributes.keybindings ?? []),
    '## Colours',
    '',
    'Set them with `workbench.colorCustomizations`.',
    '',
    ...table(
      ['colour', 'meaning'],
      (contributes.colors ?? []).map(({ id, description }) => [`\`${id}\``, text(description)]),
    ),
    '',
    '## In a workspace that is not trusted',
    '',
    text(capabilities.untrustedWorkspaces.description),
    `Not read from such a workspace: ${restricted.map((name) => `\`${name}\``).join(', ')}.`,
  ];

  function meaningOf(name) {
    const property = [contributes.configuration].flat().find(({ properties }) => name in properties)
      .properties[name];
    const meaning = text(property.markdownDescription ?? property.description);
    const descriptions = property.markdownEnumDescriptions ?? property.enumDescriptions ?? [];
    const values = (property.enum ?? []).map((value, i) =>
      descriptions[i] === undefined ? `\`${value}\`` : `\`${value}\`: ${text(descriptions[i])}`,
    );
    return values.length === 0 ? meaning : [meaning, ...values].join('<br>');
  }

  function isInPalette(command) {
    const entries = contributes.menus?.commandPalette ?? [];
    return !entries.some((entry) => entry.command === command && entry.when === 'false');
  }

  function keybindings(bindings) {
    if (bindings.length === 0) return [];
    const rows = bindings.map(({ key, mac, command }) => [
      `\`${key}\`${mac ? ` (macOS: \`${mac}\`)` : ''}`,
      `\`${command}\``,
    ]);
    return ['## Keys', '', ...table(['key', 'command'], rows), ''];
  }
}

function defaultOf({ default: value, minimum, maximum }) {
  const range = [
    minimum === undefined ? [] : [`at least ${minimum}`],
    maximum === undefined ? [] : [`at most ${maximum}`],
  ].flat();
  return [`\`${JSON.stringify(value)}\``, ...range].join(', ');
}

const read = (name) => JSON.parse(readFileSync(join(root, name), 'utf8'));

function missing(name) {
  throw new Error(`package.nls.json does not have ${name}`);
}
