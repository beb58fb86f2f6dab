// Files that are whole or not there at all.

import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { writeWhole } from '../../../server/write-whole.ts';

test('a file that cannot be written to its end leaves the one before it, and nothing beside it', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'verbatim-whole-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const file = join(folder, 'not', 'there', 'yet');
  await writeWhole(file, (draft) => writeFile(draft, 'before'));
  const fails = writeWhole(file, async (draft) => {
    await writeFile(draft, 'half');
    assert.equal(readFileSync(file, 'utf8'), 'before');
    throw new Error('no space');
  });
  await assert.rejects(fails, /no space/);
  assert.deepEqual(readdirSync(join(folder, 'not', 'there')), ['yet']);
  assert.equal(readFileSync(file, 'utf8'), 'before');
});

test('two who write the same file at once are not in each other’s way', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'verbatim-whole-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const file = join(folder, 'file');
  const texts = ['a'.repeat(1 << 20), 'b'.repeat(1 << 20)];
  await Promise.all(texts.map((text) => writeWhole(file, (draft) => writeFile(draft, text))));
  assert.ok(texts.includes(readFileSync(file, 'utf8')));
  assert.deepEqual(readdirSync(folder), ['file']);
});
