// What is added to an index that has it already, or that an index cannot name: every file counts once, whenever it was
// named, and one that cannot be taken is told while its neighbours are read.

import assert from 'node:assert/strict';
import { copyFileSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { listDistinctPlaces } from '../../../server/corpus/distinct-places.ts';
import { walkFolder, walkOptions } from '../../../server/corpus/walk-folder.ts';
import { removeShards, repairIndex } from '../../../server/corpus-index/change-index.ts';
import { checkText } from '../../../server/corpus-index/check-text.ts';
import { CorpusIndex } from '../../../server/corpus-index/corpus-index.ts';
import { readManifest, writeManifest } from '../../../server/corpus-index/manifest.ts';
import { build, writeShard } from '../../support/indexed-corpus.ts';
import { scratchFolder } from '../../support/scratch.ts';

const folder = scratchFolder();
const rule = { minLines: 6, profile: 'exact-1' as const };
const { signal } = new AbortController();
const text = Array.from({ length: 12 }, (_, i) => `call(${i * 7919});\n`).join('');
const document = { repository: 'o/r', path: 'a.c', license: 'MIT', text };
const at = (...names: string[]) => join(folder, ...names);

async function occurrences(index: string): Promise<number | null | undefined> {
  using open = new CorpusIndex(index);
  return (await checkText(open, Buffer.from(text), { signal })).matches[0]?.occurrences;
}

test('a copy, a link and another form of a shard that the index has are left out of what is added', async () => {
  const shard = writeShard(at('twice'), 'a.jsonl.gz', [document]);
  const index = at('twice-index');
  await build(index, [shard], rule);
  copyFileSync(shard, at('twice', 'copy.jsonl.gz'));
  symlinkSync(shard, at('link.jsonl.gz'));
  writeFileSync(at('twice', 'a.jsonl'), gunzipSync(readFileSync(shard)));
  const linked = await build(index, [at('link.jsonl.gz')]);
  assert.deepEqual([linked.nAdded, linked.nKept], [0, 1]);
  for (const again of [at('twice', 'copy.jsonl.gz'), at('twice', 'a.jsonl')]) {
    const { nAdded, duplicates, failures } = await build(index, [again]);
    assert.deepEqual([nAdded, duplicates.length, failures], [0, 1, []], again);
    assert.match(duplicates[0]!, /a\.jsonl\.gz/);
  }
  assert.equal(await occurrences(index), 1);
  // What was removed is no reason to leave anything out.
  removeShards(index, ['a.jsonl.gz']);
  assert.equal((await build(index, [at('twice', 'copy.jsonl.gz')])).nAdded, 1);
  assert.equal(await occurrences(index), 1);
});

test('a folder in or around one that the index has counts no file twice', async () => {
  mkdirSync(at('tree', 'src'), { recursive: true });
  writeFileSync(at('tree', 'src', 'a.c'), text);
  writeFileSync(at('tree', 'other.c'), 'int x;\n');
  symlinkSync(at('tree'), at('linked-tree'));
  const outer = at('outer-index');
  await build(outer, [at('tree')], rule);
  for (const again of [at('tree', 'src'), at('linked-tree', 'src')]) {
    const { nAdded, failures } = await build(outer, [again]);
    assert.equal(nAdded, 0);
    assert.match(failures.join(), /hold the same files.*index remove/);
  }
  assert.equal((await build(outer, [at('linked-tree')])).nKept, 1);
  assert.equal(await occurrences(outer), 1);
  const inner = at('inner-index');
  await build(inner, [at('tree', 'src')], rule);
  assert.match((await build(inner, [at('tree')])).failures.join(), /hold the same files/);
  assert.equal(await occurrences(inner), 1);
  // Named together they are taken apart from the beginning, and are what they were when they are named again.
  const both = at('both-index');
  const { shards } = listDistinctPlaces([at('tree'), at('linked-tree', 'src')]);
  assert.equal((await build(both, [at('tree')], rule, { shards })).nAdded, 2);
  const again = await build(both, [at('tree')], rule, { shards });
  assert.deepEqual([again.nKept, again.failures], [2, []]);
  assert.equal(await occurrences(both), 1);
  for (const { file } of readManifest(both)!.segments) writeFileSync(join(both, file), 'damaged');
  const { build: repaired } = await repairIndex(both, { workers: 1, signal, report() {} });
  assert.deepEqual([repaired?.nAdded, repaired?.failures], [2, []]);
  assert.equal(await occurrences(both), 1);
});

test('a shard that no index can name is told, and its neighbours are read', {
  skip: process.platform === 'win32',
}, async () => {
  const good = writeShard(at('names'), 'good.jsonl', [document]);
  const odd = ['back\\slash.jsonl', 'new\nline.jsonl'].map((name) =>
    writeShard(at('names'), name, [{ ...document, text: `${text}${name.length}\n` }]),
  );
  const index = at('names-index');
  const { nAdded, failures } = await build(index, [good, ...odd], rule);
  assert.equal(nAdded, 1);
  assert.match(failures[0]!, /holds a backslash, or bytes that are no UTF-8\. Rename it/);
  assert.match(failures[1]!, /holds a control character\. Rename it/);
  assert.equal(await occurrences(index), 1);
});

test('an index whose corpus lies in a folder that cannot be named stays whole', {
  skip: process.platform === 'win32',
}, async () => {
  const shard = writeShard(at('odd\\folder'), 'a.jsonl', [document]);
  const index = at('odd-index');
  await build(index, [shard], rule);
  const other = writeShard(at('elsewhere'), 'b.jsonl', [{ ...document, text: `other\n${text}` }]);
  await assert.rejects(build(index, [other]), /holds a backslash/);
  assert.equal(await occurrences(index), 1);
});

test('a shard is removed by its path, and by its name where no other has it', async () => {
  const shards = ['one', 'two'].map((name) =>
    writeShard(at('named', name), '0.jsonl', [{ ...document, text: `${text}${name}\n` }]),
  );
  const index = at('named-index');
  await build(index, shards, rule);
  assert.throws(() => removeShards(index, ['0.jsonl']), /2 shards 0\.jsonl: one\/0\.jsonl, two\/0\.jsonl/);
  assert.equal(await occurrences(index), 2);
  assert.equal(removeShards(index, ['one/0.jsonl']).length, 1);
  assert.equal(removeShards(index, ['0.jsonl']).length, 1);
  assert.equal(await occurrences(index), undefined);
});

test('shards behind links are found again: in a snapshot of the Hub, by a link, in a folder behind one', async () => {
  const blobs = writeShard(at('hub', 'datasets--o--n', 'blobs'), '0123', [document]);
  const snapshot = at('hub', 'datasets--o--n', 'snapshots', 'abc');
  mkdirSync(join(snapshot, 'data'), { recursive: true });
  symlinkSync(blobs, join(snapshot, 'data', 'train.jsonl'));
  const far = writeShard(at('far', 'away'), 'b.jsonl', [document]);
  mkdirSync(at('near'));
  symlinkSync(far, at('near', 'link.jsonl'));
  symlinkSync(at('far', 'away'), at('near', 'folder'));
  const own = writeShard(at('near', 'own'), 'c.jsonl', [{ ...document, text: 'other();\n'.repeat(8) }]);
  for (const [i, corpus] of [
    [snapshot],
    [at('near', 'link.jsonl')],
    [at('near', 'folder')],
    [at('near', 'folder'), own],
    [own, at('near', 'folder', 'b.jsonl')],
  ].entries()) {
    const index = at(`links-${i}-index`);
    await build(index, corpus, rule);
    const again = await build(index, corpus);
    assert.deepEqual([again.nAdded, again.nKept], [0, corpus.length], corpus.join());
    using open = new CorpusIndex(index);
    const { isVerified, matches } = await checkText(open, Buffer.from(text), { signal });
    assert.deepEqual([isVerified, matches[0]?.occurrences], [true, 1], corpus.join());
  }
  // An index may not name what lies elsewhere, whoever wrote it.
  const hostile = at('links-hostile');
  await build(hostile, [own], rule);
  const manifest = readManifest(hostile)!;
  const segments = manifest.segments.map((segment) => ({
    ...segment,
    shards: segment.shards.map((shard) => ({ ...shard, path: 'link.jsonl' })),
  }));
  writeManifest(hostile, { ...manifest, root: at('near'), segments });
  using open = new CorpusIndex(hostile);
  assert.match(open.changes().join(), /link\.jsonl leads out of/);
});

test('a root that grows around a link to it leaves each shard known, and known once', async () => {
  const far = writeShard(at('disk', 'data'), 'a.jsonl', [document]);
  const other = { ...document, text: 'other();\n'.repeat(8) };
  const more = writeShard(at('home', 'more'), 'b.jsonl', [other]);
  symlinkSync(at('disk', 'data'), at('home', 'data'));
  const blob = writeShard(at('cache', 'datasets--o--n', 'blobs'), '4567', [document]);
  const snapshots = at('cache', 'datasets--o--n', 'snapshots');
  mkdirSync(join(snapshots, 'abc'), { recursive: true });
  symlinkSync(blob, join(snapshots, 'abc', 'train.jsonl'));
  const later = writeShard(join(snapshots, 'def'), 'train.jsonl', [other]);
  for (const [name, first, second] of [
    ['grown', at('home', 'data'), more],
    ['grown-hub', join(snapshots, 'abc'), later],
  ] as const) {
    const index = at(`${name}-index`);
    await build(index, [first], rule);
    assert.deepEqual((await build(index, [second])).nAdded, 1);
    const again = await build(index, [first, second]);
    assert.deepEqual([again.nAdded, again.nKept], [0, 2], name);
    using open = new CorpusIndex(index);
    assert.deepEqual(open.changes(), []);
    const { isVerified, matches } = await checkText(open, Buffer.from(text), { signal });
    assert.deepEqual([isVerified, matches[0]?.occurrences], [true, 1], name);
  }
  // One that an earlier version wrote, which names the link from a root that it leads out of.
  const index = at('grown-before-index');
  await build(index, [at('home', 'data')], rule);
  const manifest = readManifest(index)!;
  const segments = manifest.segments.map((segment) => ({
    ...segment,
    shards: segment.shards.map((shard) => ({ ...shard, path: 'data/a.jsonl' })),
  }));
  writeManifest(index, { ...manifest, root: at('home'), segments });
  await build(index, [at('home', 'data')]);
  using open = new CorpusIndex(index);
  const { isVerified, matches } = await checkText(open, Buffer.from(text), { signal });
  assert.deepEqual([isVerified, matches[0]?.occurrences], [true, 1], far);
});

test('an index in a folder of its own corpus is no part of that', async () => {
  const corpus = at('own');
  mkdirSync(join(corpus, 'src'), { recursive: true });
  writeFileSync(join(corpus, 'src', 'a.c'), text);
  const index = join(corpus, 'src', 'index');
  await build(index, [corpus], rule);
  for (const ignore of [undefined, false]) {
    const { files } = walkFolder(corpus, walkOptions(ignore));
    assert.deepEqual(
      files.map(({ path }) => path),
      ['src/a.c'],
    );
  }
  using open = new CorpusIndex(index);
  assert.deepEqual(open.changes(), []);
  const { nAdded, nKept } = await build(index, [corpus], rule);
  assert.deepEqual([nAdded, nKept], [0, 1]);
  // A folder that has files of these names beside others is none.
  writeFileSync(join(corpus, 'index-lock'), 'mine\n');
  mkdirSync(join(corpus, 'mine'));
  const mine = ['a.c', 'index-lock', 'index.json', 'segment-utils.py'];
  for (const name of mine) writeFileSync(join(corpus, 'mine', name), 'mine\n');
  const paths = walkFolder(corpus).files.map(({ path }) => path);
  assert.deepEqual(paths, ['index-lock', ...mine.map((name) => `mine/${name}`), 'src/a.c']);
});
