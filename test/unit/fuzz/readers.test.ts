// The kept inputs of every reader; and, where continuous integration says so, fresh ones for a while, side by side.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { keptSeeds, loadHarness, readers } from '../../fuzz/harnesses.ts';
import { mutate } from '../../fuzz/mutate.ts';
import { Random } from '../../fuzz/random.ts';
import { scratchFolder } from '../../support/scratch.ts';

process.env.XDG_CACHE_HOME = scratchFolder();

for (const reader of readers) {
  test(`${reader}: what is right is read, and what was kept is read or refused`, async () => {
    const harness = await loadHarness(reader);
    const folder = scratchFolder();
    const read = (input: Uint8Array) => {
      const file = join(folder, harness.fileName ?? 'input');
      writeFileSync(file, input);
      return harness.read(input, file);
    };
    try {
      const seeds = await harness.seeds();
      assert(seeds.length > 0);
      for (const seed of seeds) assert.equal(await read(seed), 'read');
      for (const [name, input] of keptSeeds(reader))
        assert.match(await read(input), /^(read|refused)$/, name);
    } finally {
      harness.end?.();
    }
  });
}

test('a mutation is the same whenever it is made, and leaves its seeds as they are', () => {
  const seeds = ['{"a":[1,"b"]}', '{"c":null}'].map((text) => Buffer.from(text));
  const make = (i: number) => Buffer.from(mutate(seeds, new Random(7, i)).bytes).toString('hex');
  const made = Array.from({ length: 200 }, (_, i) => make(i));
  assert.deepEqual(
    Array.from({ length: 200 }, (_, i) => make(i)),
    made,
  );
  assert(new Set(made).size > 150);
  assert.equal(String(seeds[0]), '{"a":[1,"b"]}');
});

/** Twenty seconds each, as many at a time as there are cores. Asked for: what it finds by chance is no fault of a change. */
test('no fresh input ends a reader', { skip: !process.env.VERBATIM_FUZZ, timeout: 600_000 }, () => {
  const run = join(import.meta.dirname, '../../fuzz/run.ts');
  const { status, stderr } = spawnSync(process.execPath, [run, 'all', String(20 / 60)], { encoding: 'utf8' });
  assert.equal(status, 0, stderr);
});
