// Whenever a writer is killed, and when its disk is full: what lies on the disk before each of its operations is copied,
// and each copy is an index that answers, and that the next writer takes over.

import assert from 'node:assert/strict';
import fs, { cpSync, existsSync, readdirSync, statSync } from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { join } from 'node:path';
import { test } from 'node:test';
import { rawText } from '../../../guard/text/foreign.ts';
import { mergeSegments, removeShards } from '../../../server/corpus-index/change-index.ts';
import { checkText } from '../../../server/corpus-index/check-text.ts';
import { CorpusIndex } from '../../../server/corpus-index/corpus-index.ts';
import { WritableIndex } from '../../../server/corpus-index/writable-index.ts';
import { systemFailure } from '../../../server/system-failure.ts';
import { build, type Written, writeShard } from '../../support/indexed-corpus.ts';
import { scratchFolder } from '../../support/scratch.ts';
import { smallDisk } from '../../support/small-disk.ts';

const folder = scratchFolder();
const rule = { minLines: 6, profile: 'exact-1' as const };
const { signal } = new AbortController();
const lines = (first: number, n: number) =>
  Array.from({ length: n }, (_, i) => `  statement ${(first + i) * 7919};\n`).join('');
const documents = (first: number, n: number): Written[] =>
  Array.from({ length: n }, (_, i) => ({
    ...{ repository: `r-${first + i}`, path: `${first + i}.c`, license: 'MIT' },
    text: lines(40 * (first + i), 40),
  }));

/** Whether the index knows a document, which it then tells as it stands. */
async function knows(index: string, document: number): Promise<boolean> {
  using open = new CorpusIndex(index);
  const checked = await checkText(open, Buffer.from(lines(40 * document + 5, 12)), { signal });
  assert(checked.isVerified, checked.notes.map(rawText).join());
  for (const { sources } of checked.matches)
    assert.deepEqual(
      sources.map(({ path }) => rawText(path)),
      [`${document}.c`],
    );
  return checked.matches.length > 0;
}

const OPERATIONS = ['openSync', 'writeSync', 'fsyncSync', 'renameSync', 'rmSync', 'mkdtempSync'] as const;

/** Copies of the folder before each operation on the disk that finds it changed, and after the last. */
async function states(index: string, name: string, work: () => unknown): Promise<readonly string[]> {
  const copies: string[] = [];
  let last = '';
  let isOurs = false;
  const copy = () => {
    const seen = JSON.stringify(readdirSync(index).map((file) => [file, statSync(join(index, file)).size]));
    if (seen === last) return;
    last = seen;
    const to = join(folder, `${name}-${copies.length}`);
    cpSync(index, to, { recursive: true });
    copies.push(to);
  };
  const own = OPERATIONS.map((operation) => [operation, fs[operation]] as const);
  for (const [operation, original] of own) {
    const watched = (...args: readonly unknown[]) => {
      if (!isOurs) {
        isOurs = true;
        copy();
        isOurs = false;
      }
      return Reflect.apply(original, fs, args);
    };
    Object.assign(fs, { [operation]: watched });
  }
  syncBuiltinESMExports();
  try {
    await work();
  } finally {
    Object.assign(fs, Object.fromEntries(own));
    syncBuiltinESMExports();
  }
  copy();
  return copies;
}

test('a writer that is killed before any of its operations leaves the old index or the new one', async () => {
  const index = join(folder, 'index');
  const [first, second] = [0, 30].map((n) =>
    writeShard(join(folder, 'corpus'), `${n}.json.gz`, documents(n, 30)),
  ) as [string, string];
  const works: readonly (readonly [string, () => unknown, 'known' | 'unknown' | 'either'])[] = [
    ['add', () => build(index, [first, second], rule), 'either'],
    ['merge', () => mergeSegments(index, signal), 'known'],
    ['remove', () => removeShards(index, ['30.json.gz']), 'either'],
    ['merge-removed', () => mergeSegments(index, signal), 'unknown'],
  ];
  await build(index, [first], rule);
  for (const [name, work, expected] of works) {
    const copies = await states(index, name, work);
    assert(copies.length >= 3, `${name}: ${copies.length} states`);
    for (const state of copies) {
      assert(await knows(state, 4), `${state} has lost a document`);
      const isKnown = await knows(state, 44);
      if (expected !== 'either') assert.equal(isKnown, expected === 'known', state);
      {
        using _next = new WritableIndex(state, 'existing or new');
      }
      assert.deepEqual(
        readdirSync(state).filter((file) => /^(draft|spill)/.test(file)),
        [],
      );
      assert.equal(await knows(state, 44), isKnown);
    }
  }
  assert.equal(await knows(index, 44), false);
});

test('a full disk stops a build with its name, and leaves the index that was there', async (t) => {
  const disk = smallDisk(8 << 20);
  if (!disk) return t.skip('no disk can be made here');
  const index = join(disk.folder, 'index');
  const corpus = join(folder, 'full');
  const first = writeShard(corpus, '0.jsonl', documents(0, 30));
  const second = writeShard(corpus, '1.jsonl', documents(30, 1500));
  await build(index, [first], rule);
  const used = readdirSync(index).reduce((sum, file) => sum + statSync(join(index, file)).size, 0);
  let nStopped = 0;
  // The first sizes are too small for what is written before a segment, the next ones for the segment.
  for (const more of [40, 160, 280, 340, 400]) {
    disk.resize(used + (more << 10));
    try {
      await build(index, [first, second]);
      break;
    } catch (error) {
      const told = systemFailure(error)?.message ?? (error as Error).message;
      assert.match(told, /the disk is full/);
      assert(told.includes(disk.folder), told);
      nStopped++;
    }
    assert.deepEqual([await knows(index, 4), await knows(index, 44)], [true, false]);
    assert.deepEqual(
      readdirSync(index).filter((file) => /^(draft|spill)/.test(file)),
      [],
    );
  }
  assert(nStopped >= 2, `${nStopped} builds were stopped`);
  disk.resize(8 << 20);
  await build(index, [first, second]);
  assert.deepEqual([await knows(index, 4), await knows(index, 44)], [true, true]);
  assert(existsSync(join(index, 'index.json')));
});
