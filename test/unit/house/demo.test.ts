// The demo's three parts belong together: the corpus built here is the one that the model was trained on.

import assert from 'node:assert/strict';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { test } from 'node:test';

const media = new URL('../../../media/demo-model/', import.meta.url);

test('the corpus built from the pinned packages is the one on the model card', () => {
  const manifest = JSON.parse(
    readFileSync(new URL('../../../dist/demo-corpus/manifest.json', import.meta.url), 'utf8'),
  );
  assert.match(readFileSync(new URL('README.md', media), 'utf8'), new RegExp(manifest.sha256));
});

test('the model folder is small enough to be committed', () => {
  const nBytes = readdirSync(media).reduce((sum, name) => sum + statSync(new URL(name, media)).size, 0);
  assert(nBytes <= 12e6, `${nBytes} bytes`);
});
