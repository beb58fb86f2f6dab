// What the pages name is there: files, folders, scripts, settings, options, variables of the environment. What they have run is
// run by test/server/docs-commands.test.ts.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import manifest from '../../../package.json' with { type: 'json' };
import { ARCHITECTURES } from '../../../server/sampling/decoder/architectures/index.ts';
import { PRODUCT, readSources, root } from '../../support/house/imports.ts';
import { findMissing, type There } from '../../support/house/named.ts';

const read = (page: string) => readFileSync(join(root, page), 'utf8');
const { commands, colors, configuration } = manifest.contributes;
const listed = spawnSync('git', ['ls-files', '-zco', '--exclude-standard'], {
  cwd: root,
  encoding: 'utf8',
}).stdout.split('\0');
const files = listed.filter((name) => name !== '' && existsSync(join(root, name)));
const there: There = {
  files: new Set(files),
  scripts: new Set(Object.keys(manifest.scripts)),
  identifiers: new Set([
    ...configuration.flatMap(({ properties }) => Object.keys(properties)),
    ...commands.map(({ command }) => command),
    ...colors.map(({ id }) => id),
  ]),
  options: new Set(read('docs/reference/cli.md').match(/--[a-z][\w-]*/g)),
  sources: [...readSources([...PRODUCT, 'test']).values()].join('\n'),
};
const pages = files.filter((name) => name.endsWith('.md') && !name.startsWith('test/fixtures/'));

test('what a page names is there', () => {
  assert(pages.length > 30, `only ${pages.length} pages were found`);
  assert.deepEqual(
    pages.flatMap((page) => findMissing(page, read(page), there)),
    [],
  );
});

test('CONTRIBUTING.md has a recipe for each thing that is added, and each names the files it begins at', () => {
  const [, section = ''] = /^## Seven recipes\n([\s\S]*?)^## /m.exec(read('CONTRIBUTING.md')) ?? [];
  const recipes = section.trim().split(/\n\n/);
  assert.deepEqual(
    recipes.map((recipe) => /^\*\*(.+?)\.\*\*/.exec(recipe)?.[1]),
    [
      'An architecture of models',
      'A form of report',
      'A view in the editor',
      'A request',
      'A format of corpora',
      'An executor',
      'A setting',
    ],
  );
  for (const recipe of recipes) {
    const named = Array.from(recipe.matchAll(/`([\w./-]+\.ts)`/g), ([, name]) => name!);
    assert(named.filter((name) => there.files.has(name)).length > 0, recipe);
  }
});

test('README.md lists the architectures that there are, as configurations call them', () => {
  const [, list = ''] = /of one of these architectures \(([\s\S]*?);/.exec(read('README.md')) ?? [];
  const [, ...named] = Array.from(list.matchAll(/`(\w+(?:\.json)?)`/g), ([, name]) => name!).filter(
    (name) => name !== 'config.json',
  );
  assert.deepEqual(named.toSorted(), ARCHITECTURES.flatMap(({ modelTypes }) => modelTypes).toSorted());
});

test('the editor’s own set-up names scripts that are there', () => {
  const launch = read('.vscode/launch.json') + read('.vscode/tasks.json');
  const named = Array.from(
    launch.matchAll(/"(?:\$\{workspaceFolder\}\/)?([\w/.-]+\.(?:mjs|ts))"/g),
    ([, name]) => name!,
  );
  assert.deepEqual(named.toSorted(), ['esbuild.mjs', 'server/cli.ts']);
  for (const name of named) assert(there.files.has(name), name);
  for (const [, name] of launch.matchAll(/"script": "([\w:-]+)"/g)) assert(there.scripts.has(name!), name);
  const labels = Array.from(launch.matchAll(/"label": "(\w+)"/g), ([, label]) => label);
  for (const [, name] of launch.matchAll(/"preLaunchTask": "(\w+)"/g)) assert(labels.includes(name), name);
});

test('planted names are found', () => {
  const missing = (text: string) => findMissing('docs/x.md', text, there);
  for (const text of [
    'See [the page](gone.md).',
    'It lies in `server/gone/`.',
    'It lies in `open-nothing.ts`.',
    'Run `npm run gone`.',
    'Set `verbatim.gone.setting`.',
    `Set VERBATIM_${'GONE'} to 1.`,
    'Run `verbatim study --gone`.',
    'verbatim study --model m \\\n  --gone',
  ])
    assert.equal(missing(text).length, 1, text);
  for (const text of [
    'See [the method](method.md#1-study) and [it](../README.md), or [them](https://host/gone.md).',
    '`server/store/`, `server/cli.ts:3`, `forms/feed-steps.ts`, `gpt2.ts`, `dist/packages`, `application/json`',
    'verbatim study --model m --executor slurm --sbatch "--time=1"\nls --gone',
    'Run `npm run docs` with `verbatim.server.runtime` and VERBATIM_IMAGES.',
  ])
    assert.deepEqual(missing(text), [], text);
});
