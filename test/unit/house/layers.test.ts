// The invariants of the layout: every import goes where `layers.json` lets it, no two files import each other, and
// what only the compiler can know (which globals there are) is asked of the compiler, once a project.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import {
  findCycles,
  type Import,
  importsOf,
  importsOfAll,
  PRODUCT,
  readSources,
  root,
} from '../../support/house/imports.ts';
import { findBreaches, layerOf, readLayers } from '../../support/house/layers.ts';

const layers = readLayers();
const imports = importsOfAll(readSources([...PRODUCT, 'test']));
const product = imports.filter(({ from }) => layerOf(layers, from) !== 'test');

test('every import goes where layers.json lets it', () => {
  assert(imports.length > 2000, `only ${imports.length} imports were found`);
  assert.deepEqual(findBreaches(layers, imports), []);
});

test('every layer is used, and lists nothing that it does not import', () => {
  for (const [name, { imports: allowed, packages = [] }] of Object.entries(layers)) {
    const own = product.filter(({ from }) => layerOf(layers, from) === name);
    if (name === 'test') continue;
    assert.notDeepEqual(own, [], `${name} imports nothing`);
    for (const layer of allowed) {
      const isUsed = own.some(({ to, kind }) => kind === 'source' && layerOf(layers, to) === layer);
      assert(isUsed, `${name} lists ${layer} and does not import it`);
    }
    for (const allowedPackage of packages) {
      const prefix = allowedPackage.replace(/\*$/, '');
      assert(
        own.some(({ to, kind }) => kind === 'package' && to.startsWith(prefix)),
        `${name} lists ${allowedPackage} and does not import it`,
      );
    }
  }
});

test('no two files import each other, and no two layers', () => {
  assert.deepEqual(findCycles(imports), []);
  const between = Object.entries(layers).flatMap(([from, { imports: allowed }]) =>
    allowed.map((to): Import => ({ from, to, kind: 'source' })),
  );
  assert.deepEqual(findCycles(between), []);
});

test('ARCHITECTURE.md says the job of every layer', () => {
  const text = readFileSync(join(root, 'ARCHITECTURE.md'), 'utf8');
  const tables = Array.from(text.matchAll(/^\| folder \|.*\n((?:\|.*\n)+)/gm), ([, rows]) => rows).join('');
  const rows = Array.from(tables.matchAll(/^\|([^|]*)\|/gm), ([, cell = '']) => cell);
  const told = rows.flatMap((cell) => Array.from(cell.matchAll(/`([^`]+?)\/?`/g), ([, name]) => name!));
  assert.deepEqual(told.toSorted(), Object.keys(layers).toSorted());
});

// Planted breaches: each must be found, or the tests above say nothing.
const planted: readonly (readonly [file: string, source: string, found: RegExp])[] = [
  ['server/study/x.ts', "import * as vscode from 'vscode';", /may not use that package/],
  ['server/x.ts', "import { activate } from '../src/extension.ts';", /may not know src$/],
  ['server/hub/x.ts', "import { transact } from '../store/study-file.ts';", /may not know server\/store$/],
  ['server/queries/x.ts', "import type { Options } from '../cli/program.ts';", /may not know server\/cli$/],
  [
    'server/answers/x.ts',
    "export { report } from '../formats/report-json.ts';",
    /may not know server\/formats$/,
  ],
  [
    'server/formats/x.ts',
    "import {\n  a,\n  b,\n} from '../study/run-study.ts';",
    /may not know server\/study$/,
  ],
  ['server/formats/x.ts', "const it = await import('../study/run-study.ts');", /may not know server\/study$/],
  ['server/study/x.ts', "import { DatabaseSync } from 'node:sqlite';", /may not use that package/],
  ['server/engine/x.ts', "import 'node:fs';", /may not use that package/],
  ['server/engine/x.ts', "type S = typeof import('../store/schema.ts');", /may not know server\/store$/],
  ['server/analysis/x.ts', "import { db } from '../store/study-file.ts';", /may not know server\/store$/],
  ['webview/x.ts', "import { version } from '../server/version.ts';", /may not know server$/],
  ['webview/x.ts', "import { readFileSync } from 'node:fs';", /may not use that package/],
  ['src/x.ts', "import { version } from '../server/version.ts';", /may not know server$/],
  ['protocol/x.ts', "import { version } from '../server/version.ts';", /may not know server$/],
  ['guard/paths/x.ts', "import { l10n } from 'vscode';", /may not use that package/],
  ['guard/text/x.ts', "import { version } from '../../server/version.ts';", /may not know server$/],
  ['guard/text/x.ts', "import 'node:fs';", /may not use that package/],
  [
    'server/sampling/onnx/x.ts',
    "import { a } from '../decoder/cap.ts';",
    /may not know server\/sampling\/decoder$/,
  ],
  [
    'server/sampling/forms/map/x.ts',
    "import { a } from '../../decoder/architectures/index.ts';",
    /may not know server\/sampling\/decoder\/architectures$/,
  ],
  ['server/sampling/cuda/x.ts', "import { Tensor } from 'onnxruntime-node';", /may not use that package/],
  ['nowhere/x.ts', "import { l10n } from 'vscode';", /lies in no layer/],
];

for (const [file, source, found] of planted) {
  test(`${file} may not say: ${source.replaceAll('\n', ' ')}`, () => {
    const [breach, ...others] = findBreaches(layers, importsOf(file, source));
    assert.match(breach ?? 'no breach was found', found);
    assert.deepEqual(others, []);
  });
}

test('planted cycles are found, between two files, around three and of a type', () => {
  const cycles = findCycles([
    ...importsOf('a/x.ts', "import { y } from './y.ts';"),
    ...importsOf('a/y.ts', "import type { X } from './x.ts';\nimport './z.ts';"),
    ...importsOf('a/z.ts', "import { l } from './l.ts';"),
    ...importsOf('a/l.ts', "import { m } from './m.ts';"),
    ...importsOf('a/m.ts', "export { z } from './z.ts';"),
  ]);
  assert.deepEqual(cycles, [
    ['a/l.ts', 'a/m.ts', 'a/z.ts'],
    ['a/x.ts', 'a/y.ts'],
  ]);
});

/** What a project's compiler must refuse: a global that its side does not have. */
const refused: Readonly<Record<string, string>> = {
  protocol: 'process.env',
  'guard/paths': 'document.title',
  'guard/text': 'process.env',
  'server/engine': 'process.env',
  'server/analysis': 'process.env',
  server: 'document.title',
  src: 'document.title',
  webview: 'process.env',
};

test('each project’s compiler refuses the globals of the other sides', (t) => {
  const folder = join(root, '.tsbuild', `probes-${process.pid}`);
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  for (const [project, expression] of Object.entries(refused)) {
    const probe = join(folder, project.replace('/', '-'));
    mkdirSync(probe, { recursive: true });
    // The directive is an error where the next line is none, so a probe proves itself.
    writeFileSync(
      join(probe, 'probe.ts'),
      `export const here = [1].length;\n// @ts-expect-error\nexport const probe = ${expression};\n`,
    );
    const compilerOptions = { rootDir: '.', outDir: './out' };
    const config = {
      extends: join(root, project, 'tsconfig.json'),
      compilerOptions,
      files: ['probe.ts'],
      include: [],
      references: [],
    };
    writeFileSync(join(probe, 'tsconfig.json'), JSON.stringify(config));
  }
  const projects = Object.keys(refused).map((project) => join(folder, project.replace('/', '-')));
  const tsc = join(root, 'node_modules/.bin/tsc');
  const { status, stdout, stderr } = spawnSync(tsc, ['-b', ...projects], { encoding: 'utf8' });
  assert.equal(status, 0, stdout + stderr);
});
