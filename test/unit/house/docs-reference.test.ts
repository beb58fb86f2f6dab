// The pages under docs/reference are made from the code: here they are compared with what would be made now.
// What they must hold is looked up in the sources by other means than the generators'.

import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import manifest from '../../../package.json' with { type: 'json' };
import { referencePages } from '../../../scripts/docs.mjs';
import { createProgram } from '../../../server/cli/program.ts';

const root = join(import.meta.dirname, '..', '..', '..');
const read = (path: string) => readFileSync(join(root, path), 'utf8');
const page = (name: string) => read(join('docs', 'reference', name));

test('the reference is what the code says now', () => {
  const pages = referencePages();
  assert.deepEqual(readdirSync(join(root, 'docs', 'reference')).sort(), pages.map(([name]) => name).sort());
  for (const [name, text] of pages)
    assert(page(name) === text, `docs/reference/${name} is stale: run npm run docs`);
});

test("every option in a command's own help is in the reference", async () => {
  const reference = page('cli.md');
  const commands = (await createProgram()).commands.flatMap((c) =>
    c.commands.length > 0 ? c.commands : [c],
  );
  assert(commands.length >= 5);
  for (const command of commands) {
    const section = reference.split('\n## ').find((text) => text.startsWith(`verbatim ${path(command)}\n`));
    assert(section, path(command));
    for (const [flag] of command.helpInformation().matchAll(/--[\w-]+/g))
      assert(flag === '--help' || section.includes(flag), `${path(command)} ${flag}`);
  }
  function path(command: (typeof commands)[number]): string {
    const parent = command.parent;
    return parent === null || parent.parent === null ? command.name() : `${parent.name()} ${command.name()}`;
  }
});

test('every setting, command and colour is in the reference, with its words', () => {
  const reference = page('settings.md');
  const { commands, colors, configuration } = manifest.contributes;
  const names = [
    ...configuration.flatMap(({ properties }) => Object.keys(properties)),
    ...commands.map(({ command }) => command),
    ...colors.map(({ id }) => id),
  ];
  assert(names.length >= 20);
  for (const name of names) assert(reference.includes(`\`${name}\``), name);
  assert.doesNotMatch(reference, /%\w|undefined/);
});

test('every message and every type of the protocol is in the reference', () => {
  const reference = page('protocol.md');
  // What follows from the table of settings is in plan.md.
  const sources = readdirSync(join(root, 'protocol')).filter(
    (name) => name.endsWith('.ts') && name !== 'plan-settings.ts',
  );
  const source = sources.map((name) => read(join('protocol', name))).join('\n');
  const methods = [...source.matchAll(/'(verbatim\/\w+)'/g)].map(([, method]) => method ?? '');
  assert(methods.length >= 10);
  for (const method of methods) assert(reference.includes(`\n### ${method}\n`), method);
  for (const [, name] of source.matchAll(/^export (?:type|interface) (\w+)/gm))
    assert.match(reference, new RegExp(`^export (type|interface) ${name}\\b`, 'm'));
});
