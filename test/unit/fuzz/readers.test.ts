// The kept inputs of every reader; in continuous integration the first thousands of one series, the same every time;
// and, where it is asked for, fresh ones for a while.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { fuzzReader } from '../../fuzz/fuzz-reader.ts';
import { keptSeeds, loadHarness, readers } from '../../fuzz/harnesses.ts';
import { mutate } from '../../fuzz/mutate.ts';
import { Random } from '../../fuzz/random.ts';
import { inCi } from '../../support/in-ci.ts';
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

/**
 * What is made follows from these numbers alone: a change that fails here fails again, and one that does not touch a
 * reader does not fail at all. The time is a bound, not a measure: a slow machine tries fewer.
 */
const SERIES = 13;
const MOST_INPUTS = 4000;
const MOST_SECONDS = 20;

const notInCi = !inCi && 'takes a minute: set CI to run it';
test('no input of the series ends a reader', { skip: notInCi, timeout: 600_000 }, async () => {
  const waiting = [...readers];
  const lanes = Array.from({ length: availableParallelism() }, async () => {
    for (let reader = waiting.shift(); reader !== undefined; reader = waiting.shift())
      await fuzzReader({ reader, seed: SERIES, first: 0, seconds: MOST_SECONDS, count: MOST_INPUTS });
  });
  await Promise.all(lanes);
});

/** Twenty seconds each, as many at a time as there are cores. Asked for: what it finds by chance is no fault of a change. */
test('no fresh input ends a reader', { skip: !process.env.VERBATIM_FUZZ, timeout: 600_000 }, () => {
  const run = join(import.meta.dirname, '../../fuzz/run.ts');
  const { status, stderr } = spawnSync(process.execPath, [run, 'all', String(20 / 60)], { encoding: 'utf8' });
  assert.equal(status, 0, stderr);
});
