// What is asked of V8 outside of its promises still works in this Node.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { collectGarbage } from '../../../server/spare-memory.ts';

const ROOT = join(import.meta.dirname, '../../..');

test('a collection gives back what nobody holds any more', async () => {
  let held: ArrayBuffer | null = new ArrayBuffer(1 << 20);
  const reference = new WeakRef(held);
  held = null;
  // A weak reference holds its target until the end of the turn that made it.
  await new Promise((resolve) => setImmediate(resolve));
  collectGarbage();
  assert.equal(reference.deref(), undefined);
  assert.equal('gc' in globalThis, false, 'nobody else is given the call');
});

test('V8 knows the flag that keeps the young generation small', () => {
  const options = execFileSync(process.execPath, ['--v8-options'], { encoding: 'utf8' });
  assert.match(options, /--semi-space-growth-factor/);
});

test('each trick has one place', () => {
  const places: Readonly<Record<string, RegExp>> = {
    'server/corpus/engine-here.ts': /_processChunk/,
    'server/spare-memory.ts': /setFlagsFromString/,
    'server/sampling/forms/in-place/in-place-attention.ts': /`rotation:\$\{value\}`/,
  };
  const sources = globSync('server/**/*.ts', { cwd: ROOT });
  for (const [place, trick] of Object.entries(places)) {
    const using = sources.filter((file) => trick.test(readFileSync(join(ROOT, file), 'utf8')));
    assert.deepEqual(using, [place]);
  }
});
