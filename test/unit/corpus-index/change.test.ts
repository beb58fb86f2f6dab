// An index while things happen to it: writers that are killed or run into each other, damage, a corpus that is changed or
// moved behind its back.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  cpSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join, parse, relative, sep } from 'node:path';
import { test } from 'node:test';
import { rawText } from '../../../guard/text/foreign.ts';
import type { CheckedText } from '../../../protocol/checked-text.ts';
import { mergeSegments, removeShards, repairIndex } from '../../../server/corpus-index/change-index.ts';
import { checkText } from '../../../server/corpus-index/check-text.ts';
import { CorpusIndex } from '../../../server/corpus-index/corpus-index.ts';
import { readManifest, writeManifest } from '../../../server/corpus-index/manifest.ts';
import { DamagedSegment } from '../../../server/corpus-index/segment-file.ts';
import { WritableIndex } from '../../../server/corpus-index/writable-index.ts';
import { build, type Written, writeShard } from '../../support/indexed-corpus.ts';
import { scratchFolder } from '../../support/scratch.ts';

const folder = scratchFolder();
const rule = { minLines: 6, profile: 'exact-1' as const };
const { signal } = new AbortController();
const lines = (first: number, n: number) =>
  Array.from({ length: n }, (_, i) => `  statement ${(first + i) * 7919};\n`).join('');
const documents = (first: number, n: number): Written[] =>
  Array.from({ length: n }, (_, i) => ({
    repository: `owner/repository-${first + i}`,
    path: `src/${first + i}.c`,
    license: i % 2 ? 'MIT' : 'GPL-3.0-only',
    text: `int f${first + i}()\n${lines(40 * (first + i), 40)}`,
  }));
/** Holds lines 5 to 16 of the first statements of a document. */
const query = (document: number) => Buffer.from(`# mine\n${lines(40 * document + 5, 12)}end\n`);

function corpusOf(name: string, ...shards: readonly (readonly Written[])[]) {
  const corpus = join(folder, name);
  return {
    corpus,
    index: `${corpus}-index`,
    paths: shards.map((shard, i) => writeShard(corpus, `${i}.json.gz`, shard)),
  };
}

async function check(index: string, text: Uint8Array, root?: string): Promise<CheckedText> {
  using open = new CorpusIndex(index, root);
  return await checkText(open, text, { signal });
}

const summary = ({ isVerified, matches }: CheckedText) => ({
  isVerified,
  matches: matches.map(({ firstLine, lastLine, occurrences, sources }) => ({
    lines: [firstLine, lastLine],
    occurrences,
    paths: sources.map(({ path }) => rawText(path)),
  })),
});
const found = (document: number) => ({
  isVerified: true,
  matches: [{ lines: [2, 13], occurrences: 1, paths: [`src/${document}.c`] }],
});

test('a match says where it stands, in gzip behind restart points, too', async () => {
  // Some 12 MB of text, so that the last documents are reached from a restart point.
  const filler = documents(1000, 60).map((one) => ({
    ...one,
    text: `${one.text as string}${'x'.repeat(200_000)}\n`,
  }));
  const { index, paths } = corpusOf('places', [...documents(0, 3), ...filler, ...documents(5, 3)]);
  await build(index, paths, rule);
  using open = new CorpusIndex(index);
  const [place] = [...open.places()];
  assert.ok(place!.segment.facts(0).restarts.length > 0);
  const checked = await checkText(open, query(6), { signal });
  assert.deepEqual(summary(checked), found(6));
  const [match] = checked.matches;
  assert.deepEqual([match!.nLines, match!.nDocuments, match!.nRepositories], [12, 1, 1]);
  assert.deepEqual([match!.sources[0]!.firstLine, match!.sources[0]!.lastLine], [7, 18]);
  assert.deepEqual(match!.licenses, [{ license: 'MIT', nDocuments: 1 }]);
  const short = await check(index, Buffer.from(lines(205, 5)));
  assert.equal(short.matches.length, 0);
  assert.match(short.notes.map(rawText).join(), /fewer than 6 significant lines/);
});

test('a shard that changes is named, and what the index says of it is not verified', async () => {
  const { index, paths, corpus } = corpusOf('changes', documents(0, 5), documents(5, 5));
  await build(index, paths, rule);
  const before = readFileSync(paths[1]!);
  writeFileSync(paths[1]!, Buffer.concat([before, before]));
  const changed = await check(index, query(6));
  assert.equal(changed.isVerified, false);
  assert.match(changed.notes.map(rawText).join(), /1\.json\.gz has changed/);
  // Which gram stands for a window is by chance, and one that is shared may reach beyond what is.
  const [unsure] = summary(changed).matches;
  assert.deepEqual([unsure!.occurrences, unsure!.paths], [null, ['src/6.c']]);
  assert.ok(unsure!.lines[0]! <= 2 && unsure!.lines[1]! >= 13, String(unsure!.lines));
  assert.deepEqual(summary(await check(index, query(1))).matches, found(1).matches);
  assert.equal((await check(index, query(1))).isVerified, false, 'other shards may hold more by now');
  await build(index, paths);
  assert.equal(summary(await check(index, query(6))).matches[0]!.occurrences, 2);
  rmSync(paths[1]!);
  assert.match((await check(index, query(6))).notes.map(rawText).join(), /1\.json\.gz is gone/);
  // A shard with its old size and time, and other documents.
  writeShard(corpus, '1.json.gz', documents(5, 5));
  await build(index, paths);
  const stored = readManifest(index)!.segments.at(-1)!.shards[0]!;
  writeShard(corpus, 'x.jsonl', documents(5, 5));
  await build(index, [join(corpus, 'x.jsonl')]);
  const text = readFileSync(join(corpus, 'x.jsonl'), 'utf8');
  const { modifiedMs } = readManifest(index)!.segments.at(-1)!.shards[0]!;
  writeFileSync(join(corpus, 'x.jsonl'), text.replaceAll('statement', 'statemend'));
  utimesSync(join(corpus, 'x.jsonl'), modifiedMs / 1000, modifiedMs / 1000);
  const swapped = await check(index, query(6));
  assert.equal(swapped.isVerified, false);
  assert.match(swapped.notes.map(rawText).join(), /x\.jsonl (is not what was indexed|has changed)/);
  assert.ok(stored.nRows > 0);
});

test('a moved corpus is found with its root; without it the index still names sources', async () => {
  const { index, paths, corpus } = corpusOf('moved', documents(0, 5), documents(5, 5));
  await build(index, paths, rule);
  const elsewhere = join(folder, 'elsewhere');
  renameSync(corpus, elsewhere);
  assert.deepEqual(summary(await check(index, query(7), elsewhere)), found(7));
  const without = await check(index, query(7));
  assert.equal(without.isVerified, false);
  assert.deepEqual(
    without.matches.map(({ isVerified, sources }) => [
      isVerified,
      rawText(sources[0]!.repository),
      rawText(sources[0]!.license),
    ]),
    [[false, 'owner/repository-7', 'GPL-3.0-only']],
  );
});

test('an index learns where its corpus was moved to, and is repaired there', async () => {
  const { corpus, index, paths } = corpusOf('learns', documents(0, 5), documents(5, 5));
  await build(index, paths, rule);
  const moved = `${corpus}-moved`;
  renameSync(corpus, moved);
  const shards = ['0.json.gz', '1.json.gz'].map((name) => join(moved, name));
  await assert.rejects(
    build(index, shards, rule, { root: folder }),
    /None of the shards of the index lies below/,
  );
  const damaged = readManifest(index)!.segments[0]!.file;
  const options = { workers: 1, signal, report() {}, root: moved };
  assert.deepEqual((await repairIndex(index, options)).damaged, []);
  assert.equal(readManifest(index)!.root, moved);
  writeManifest(index, { ...readManifest(index)!, root: corpus });
  writeFileSync(join(index, damaged), 'damaged');
  const { root: _, ...here } = options;
  await assert.rejects(repairIndex(index, here), (error: Error & { action?: string }) => {
    assert.match(error.message, /0\.json\.gz is gone, and the part of the index/);
    assert.match(error.action ?? '', /--root\. Gone for good: verbatim index remove .* --shard 0\.json\.gz/);
    return true;
  });
  assert.deepEqual((await repairIndex(index, options)).damaged, [damaged]);
  assert.deepEqual(summary(await check(index, query(6))), found(6));
  renameSync(moved, corpus);
  const { nAdded, nKept } = await build(index, paths, rule, { root: corpus });
  assert.deepEqual([nAdded, nKept, readManifest(index)!.root], [0, 2, corpus]);
  assert.deepEqual(summary(await check(index, query(6))), found(6));
});

test('shards are added, removed and merged, and an index of another rule is refused', async () => {
  const { index, paths } = corpusOf('grows', documents(0, 5), documents(5, 5), documents(10, 80));
  await build(index, paths.slice(0, 1), rule);
  const added = await build(index, paths, undefined, { segmentBytes: 1 });
  assert.deepEqual([added.nAdded, added.nKept], [2, 1]);
  assert.deepEqual(summary(await check(index, query(80))), found(80));
  removeShards(index, ['1.json.gz']);
  assert.equal((await check(index, query(6))).matches.length, 0);
  assert.equal(await mergeSegments(index, signal), 1);
  assert.equal((await check(index, query(6))).matches.length, 0);
  for (const document of [0, 3, 14, 88])
    assert.deepEqual(summary(await check(index, query(document))), found(document));
  assert.deepEqual(readdirSync(index).filter((name) => name.startsWith('segment-')).length, 1);
  assert.throws(() => removeShards(index, ['1.json.gz']), /has no shard 1\.json\.gz/);
  await assert.rejects(build(index, paths, { ...rule, minLines: 5 }), /windows of 6 lines/);
  await assert.rejects(build(folder, paths, rule), /which is no part of an index/);
});

test('shards that have nothing but the system’s root in common are known again', async () => {
  const { index, paths } = corpusOf('rooted', documents(0, 5));
  await build(index, paths, rule);
  const { root, segments, ...manifest } = readManifest(index)!;
  const top = parse(root).root;
  const below = relative(top, root).split(sep).join('/');
  const renamed = segments.map((segment) => ({
    ...segment,
    shards: segment.shards.map((shard) => ({ ...shard, path: `${below}/${shard.path}` })),
  }));
  writeManifest(index, { ...manifest, root: top, segments: renamed });
  const { nAdded, nKept } = await build(index, paths);
  assert.deepEqual([nAdded, nKept], [0, 1]);
  assert.deepEqual(summary(await check(index, query(3))), found(3));
});

test('a second writer is refused, and what a killed one left is swept up', async () => {
  const { index, paths } = corpusOf('killed', documents(0, 30), documents(30, 30));
  await build(index, paths.slice(0, 1), rule);
  {
    using _writer = new WritableIndex(index, 'existing');
    await assert.rejects(build(index, paths), /Another run is writing/);
    assert.deepEqual(summary(await check(index, query(4))), found(4), 'readers read on');
  }
  const url = new URL('../../support/indexed-corpus.ts', import.meta.url);
  for (const patienceMs of [0, 15, 60]) {
    const program = `const { build } = await import(${JSON.stringify(url.href)}); process.send('begun'); for (;;) { await build(${JSON.stringify(index)}, ${JSON.stringify(paths)}); (await import(${JSON.stringify(new URL('../../../server/corpus-index/change-index.ts', import.meta.url).href)})).removeShards(${JSON.stringify(index)}, ['1.json.gz']); }`;
    const child = spawn(process.execPath, ['--input-type=module', '-e', program], {
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    });
    await once(child, 'message');
    await new Promise((resolve) => setTimeout(resolve, patienceMs));
    child.kill('SIGKILL');
    await once(child, 'exit');
    assert.deepEqual(summary(await check(index, query(4))), found(4));
  }
  await build(index, paths);
  assert.deepEqual(summary(await check(index, query(44))), found(44));
  assert.deepEqual(
    readdirSync(index).filter((name) => /^(draft|spill)/.test(name)),
    [],
  );
});

test('damage anywhere in a segment is named, or changes nothing, and is repaired', async () => {
  const { index, paths } = corpusOf('damaged', documents(0, 5), documents(5, 90));
  await build(index, paths, rule, { segmentBytes: 1 });
  const { file } = readManifest(index)!.segments[1]!;
  const whole = readFileSync(join(index, file));
  let nNamed = 0;
  for (let i = 0; i < 40; i++) {
    const at = Math.floor((whole.length * i) / 40);
    const damaged = Buffer.from(whole);
    damaged[at]! ^= 1 << (i % 8);
    writeFileSync(join(index, file), damaged);
    try {
      assert.deepEqual(summary(await check(index, query(77))), found(77));
    } catch (error) {
      assert.ok(error instanceof DamagedSegment, String(error));
      assert.ok(error.message.includes(file));
      nNamed++;
    }
  }
  assert.ok(nNamed > 0);
  writeFileSync(join(index, file), whole.subarray(0, 5000));
  await assert.rejects(check(index, query(2)), /is damaged: it has another length/);
  const repaired = await repairIndex(index, { workers: 1, signal, report() {} });
  assert.deepEqual(repaired.damaged, [file]);
  for (const document of [2, 77])
    assert.deepEqual(summary(await check(index, query(document))), found(document));
  assert.deepEqual((await repairIndex(index, { workers: 1, signal, report() {} })).damaged, []);
});

const isRoot = process.getuid?.() === 0;

test('a segment that may not be read is not called damaged', {
  skip: process.platform === 'win32',
}, async () => {
  const { index, paths } = corpusOf('unreadable', documents(0, 5));
  await build(index, paths, rule);
  const [segment] = readManifest(index)!.segments;
  chmodSync(folder, 0o711);
  chmodSync(join(index, segment!.file), 0);
  // Nothing is unreadable to the system's administrator.
  if (isRoot) process.seteuid!(65_534);
  try {
    assert.throws(() => new CorpusIndex(index), { code: 'EACCES' });
  } finally {
    if (isRoot) process.seteuid!(0);
  }
});

test('a manifest that is newer, damaged or somebody else’s is refused by name', async () => {
  const { index, paths } = corpusOf('manifest', documents(0, 5));
  await build(index, paths, rule);
  const path = join(index, 'index.json');
  const json = readFileSync(path, 'utf8');
  const copy = join(folder, 'manifest-copy');
  cpSync(index, copy, { recursive: true });
  const refused = (text: string, pattern: RegExp) => {
    writeFileSync(path, text);
    assert.throws(() => new CorpusIndex(index), pattern);
  };
  refused(json.replace('"version":2', '"version":3'), /written by a newer Verbatim \(version 3/);
  refused(json.replace('"version":2', '"version":1'), /written by an earlier Verbatim \(version 1/);
  refused(json.replace('"minLines":6', '"minLines":5'), /is damaged/);
  refused(json.slice(0, -20), /is not the index of a corpus/);
  refused('{}', /is not the index of a corpus/);
  refused('', /is not the index of a corpus, or was cut off/);
  assert.throws(() => new CorpusIndex(folder), /holds no index/);
  // Whoever writes a checksum that is right can name no place outside of the root.
  const manifest = readManifest(copy)!;
  const segments = manifest.segments.map((segment) => ({
    ...segment,
    shards: segment.shards.map((shard) => ({ ...shard, path: '../../secret' })),
  }));
  writeManifest(copy, { ...manifest, segments });
  assert.throws(() => new CorpusIndex(copy), /is damaged/);
});
