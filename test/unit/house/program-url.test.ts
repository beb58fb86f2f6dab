// Every worker and process is found from source and from the flat bundles.

import assert from 'node:assert/strict';
import { existsSync, globSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { programUrl } from '../../../server/program-url.ts';

const ROOT = join(import.meta.dirname, '../../..');

test('a bundle finds what lies beside it', () => {
  const bundle = 'file:///x/dist/chunk-ABC.js';
  assert.equal(programUrl('./scan-worker.ts', bundle).href, 'file:///x/dist/scan-worker.js');
  assert.equal(programUrl('../../dist/scan-kernel.wasm', bundle).href, 'file:///x/dist/scan-kernel.wasm');
});

test('from source, programs are taken from a folder of bundles where one is named', () => {
  const source = 'file:///x/server/kernel/scan-pool.ts';
  const scanWorker = (bundles: string) => programUrl('./scan-worker.ts', source, bundles).href;
  assert.equal(scanWorker(''), 'file:///x/server/kernel/scan-worker.ts');
  assert.equal(scanWorker('/x/dist'), 'file:///x/dist/scan-worker.js');
  const kernel = programUrl('../../dist/scan-kernel.wasm', source, '/y');
  assert.equal(kernel.href, 'file:///x/dist/scan-kernel.wasm', 'it is built, and no program');
});

test('every program that is started is there, and is bundled', () => {
  const bundles = readFileSync(join(ROOT, 'esbuild.mjs'), 'utf8');
  const started: string[] = [];
  for (const file of globSync('server/**/*.ts', { cwd: ROOT })) {
    const asker = pathToFileURL(join(ROOT, file)).href;
    for (const [, source] of readFileSync(join(ROOT, file), 'utf8').matchAll(/programUrl\('([^']+)'/g)) {
      if (!source!.endsWith('.ts')) continue;
      const url = programUrl(source!, asker, '');
      assert.ok(existsSync(url), `${file} asks for ${source}`);
      const path = url.href.slice(pathToFileURL(ROOT).href.length + 1);
      assert.ok(bundles.includes(`'${path}'`), `esbuild.mjs does not bundle ${path}`);
      started.push(basename(path, '.ts'));
    }
  }
  assert.ok(started.includes('scan-worker') && started.includes('sampling-worker'), started.join());
});
