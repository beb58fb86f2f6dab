// Nothing is exported for nobody: what a file exports, another one takes. Types may be exported for the signatures that
// they stand in.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Export, exportsOf, takenBy, unusedExports } from '../../support/house/exports.ts';
import { PRODUCT, readSources } from '../../support/house/imports.ts';

const product = readSources(PRODUCT);
const tests = readSources(['test']);

/** The extension host takes these. */
const ENTRIES = ['src/extension.ts#activate', 'src/extension.ts#deactivate'];
/** Encoders and checks stand ready for whoever shows text or opens files next. */
const READY = /^guard\//;

const all = new Map([...product, ...tests]);
const shared = new Map([...tests].filter(([file]) => /^test\/(support|oracle)\//.test(file)));

const isType = ({ file, name }: Export) =>
  new RegExp(`^export (?:interface|type) ${name}\\b`, 'm').test(all.get(file)!);
const isUsedAtHome = ({ file, name }: Export) =>
  [...all.get(file)!.matchAll(new RegExp(`\\b${name}\\b`, 'g'))].length > 1;
const told = (exports: readonly Export[]) =>
  exports
    .map(({ file, name }) => `${file}#${name}`)
    .filter((key) => !ENTRIES.includes(key) && !READY.test(key));

test('what is exported, another file takes', () => {
  const unused = unusedExports(new Map([...product, ...shared]), all);
  assert.deepEqual(told(unused.filter((one) => !isType(one) || !isUsedAtHome(one))), []);
});

test('nothing is there for tests alone', () => {
  assert.deepEqual(told(unusedExports(product, product).filter((one) => !isUsedAtHome(one))), []);
});

test('a planted export is found, however it could be taken', () => {
  const source =
    'export const a = 1;\nexport async function* b() {}\nconst c = 2;\nexport { c as d };\nexport type E = 1;';
  assert.deepEqual(
    exportsOf('x/y.ts', source).map(({ name }) => name),
    ['a', 'b', 'E', 'c'],
  );
  const takers = [
    "import { a as other, type E } from './y.ts';",
    "import * as all from './y.ts';\nall.a();",
    "const { a } = await import('./y.ts');",
    "const all = await import('./y.ts');\nall.a();",
    "type A = typeof import('./y.ts').a;",
    "export { a } from './y.ts';",
  ];
  for (const taker of takers) assert(takenBy('x/z.ts', taker).has('x/y.ts#a'), taker);
  assert(!takenBy('x/z.ts', "import { b } from './y.ts';\nall.a();").has('x/y.ts#a'));
});
