// Every format holds the same documents, gives them back one by one later, and survives what users have:
// each bad input is one named problem and the rest goes on.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { appendFileSync, chmodSync, mkdirSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import type { DataProblem } from '../../../protocol/errors.ts';
import { leaveOutDuplicates } from '../../../server/corpus/duplicate-shards.ts';
import { readDocuments } from '../../../server/corpus/read-documents.ts';
import { reopenRow } from '../../../server/corpus/reopen-row.ts';
import { listShards, type Shard } from '../../../server/corpus/shard.ts';
import { scratchFolder } from '../../support/scratch.ts';
import { writeParquet } from '../../support/write-parquet.ts';

const signal = new AbortController().signal;

function put(folder: string, files: Readonly<Record<string, string | Uint8Array>>): string {
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), content);
  }
  return folder;
}

async function read(shards: readonly Shard[]) {
  const problems: DataProblem[] = shards.flatMap((shard) => shard.problems ?? []);
  const documents: { path: string; repository: string; license: string; row: number; text: string }[] = [];
  const nBytes = new Map<string, number>();
  for (const shard of shards) {
    const onBytes = (n: number) => void nBytes.set(shard.name, (nBytes.get(shard.name) ?? 0) + n);
    const onProblem = (problem: DataProblem) => void problems.push(problem);
    for await (const { text, byteOffset: _, ...rest } of readDocuments(shard, {
      signal,
      onBytes,
      onProblem,
    })) {
      documents.push({ ...rest, text: Buffer.from(text).toString('latin1') });
    }
  }
  return { documents, problems, nBytes };
}

const rows = Array.from({ length: 300 }, (_, i) => ({
  repo_name: `owner/repo-${i % 7}`,
  path: `src/file-${i}.py`,
  license: ['mit', 'apache-2.0', ''][i % 3]!,
  content: `# file ${i} é\n${'x = 1\n'.repeat(i)}`,
}));
const jsonLines = rows.map((row) => JSON.stringify(row)).join('\n');
const expected = rows.map(({ repo_name, path, license, content }, row) => ({
  row,
  repository: repo_name,
  path,
  license,
  text: Buffer.from(content).toString('latin1'),
}));

const formats: Readonly<Record<string, () => Uint8Array>> = {
  'a.jsonl': () => Buffer.from(jsonLines),
  'a.json.gz': () => gzipSync(jsonLines),
  'a.jsonl.zst': () => zstdCompressSync(jsonLines),
  'plain.parquet': () => writeParquet(rows, { codec: 'UNCOMPRESSED', rowsPerGroup: 1000 }),
  'gzip.parquet': () => writeParquet(rows, { codec: 'GZIP', rowsPerGroup: 70 }),
  'zstd.parquet': () => writeParquet(rows, { codec: 'ZSTD', rowsPerGroup: 70 }),
};

for (const [name, encode] of Object.entries(formats)) {
  test(`${name}: the same documents, in order and one by one`, async () => {
    const folder = put(scratchFolder(), { [name]: encode() });
    const [shard] = listShards([join(folder, name)]);
    const { documents, problems, nBytes } = await read([shard!]);
    assert.deepEqual(problems, []);
    assert.deepEqual(documents, expected);
    assert.equal(nBytes.get(name), shard!.nBytes, 'progress ends at the size');
    const options = { signal, onBytes: () => {}, onProblem: () => {} };
    for await (const document of readDocuments(shard!, options)) {
      if (document.row % 50 !== 49) continue;
      const text = await reopenRow(shard!, document, undefined, signal);
      assert.deepEqual(text && Buffer.from(text), Buffer.from(document.text));
    }
    assert.equal(
      await reopenRow(shard!, { row: 9999, byteOffset: 1e9, path: '' }, undefined, signal),
      undefined,
    );
  });
}

test('a text file that is named by itself is one document', async () => {
  const folder = put(scratchFolder(), { 'notes.txt': 'one\r\ntwo' });
  const { documents } = await read(listShards([join(folder, 'notes.txt')]));
  assert.deepEqual(documents, [
    { row: 0, repository: '', path: 'notes.txt', license: '', text: 'one\r\ntwo' },
  ]);
});

test('a .json file that is named by itself is read as JSON lines', async () => {
  const folder = put(scratchFolder(), { 'data.json': '{"text":"a"}\n{"text":"b"}' });
  const { documents } = await read(listShards([join(folder, 'data.json')]));
  assert.deepEqual(
    documents.map(({ text }) => text),
    ['a', 'b'],
  );
});

test('a folder that mixes all: shards in order, then its text files; what describes data is none', async () => {
  const folder = put(scratchFolder(), {
    'README.md': 'about the data',
    'data/b.jsonl': '{"content":"b"}',
    'data/a.json.gz': gzipSync('{"content":"a"}'),
    'data/c.parquet': writeParquet([{ content: 'c' }], { codec: 'UNCOMPRESSED', rowsPerGroup: 1 }),
    'src/main.c': 'int main;',
    'notes.txt': 'note',
    'image.png': Uint8Array.of(0x89, 0x50, 0, 0),
  });
  const shards = listShards([folder]);
  assert.deepEqual(
    shards.map(({ name, format }) => [name.replace(/^verbatim-test-.*/, 'folder'), format]),
    [
      ['data/a.json.gz', 'jsonl.gz'],
      ['data/b.jsonl', 'jsonl'],
      ['data/c.parquet', 'parquet'],
      ['folder', 'folder'],
    ],
  );
  const { documents, problems } = await read(shards);
  assert.deepEqual(
    documents.map(({ text }) => text),
    ['a', 'b', 'c', 'note', 'int main;'],
  );
  assert.deepEqual(problems, []);
});

test('ignore files are read as git reads them', async () => {
  const folder = put(scratchFolder(), {
    '.gitignore': '*.log\n/build/\n!keep.log\n',
    'a.log': 'no',
    'keep.log': 'yes',
    'build/x.c': 'no',
    'src/build/x.c': 'yes',
    'src/.gitignore': 'secret.*\n!a.log\n',
    'src/secret.c': 'no',
    'src/a.log': 'yes',
    'node_modules/m/index.js': 'no',
    '.verbatimignore': 'vendor/\n',
    'vendor/v.c': 'no',
  });
  const isRepository = execFileSync('git', ['init', '-q', folder]).length === 0;
  assert(isRepository);
  const { documents } = await read(listShards([folder]));
  assert.deepEqual(new Set(documents.map(({ text }) => text)), new Set(['yes']));
  const listed = execFileSync('git', ['-C', folder, 'ls-files', '-co', '--exclude-standard'], {
    encoding: 'utf8',
  });
  const byGit = listed
    .split('\n')
    .filter((path) => path && !/ignore$|^vendor|^node_modules/.test(path))
    .sort();
  assert.deepEqual(documents.map(({ path }) => path).sort(), byGit);
});

test('a file of a source tree knows its repository and its licence', async () => {
  const folder = put(scratchFolder(), {
    'one/.git/config': '[core]\n[remote "origin"]\n\turl = git@example.org:owner/first.git\n',
    'one/LICENSE': 'MIT License\n\nCopyright (c) 2020',
    'one/src/a.c': 'a',
    'one/src/b.c': '// SPDX-License-Identifier: Apache-2.0\n',
    'two/.git/config': '[remote "origin"]\n  url = https://example.org/owner/second\n',
    'two/package.json': '{"license": "bsd-3-clause"}',
    'loose.c': 'c',
  });
  const { documents } = await read(listShards([folder]));
  const of = (path: string) => {
    const { repository, license } = documents.find((document) => document.path === path)!;
    return [repository, license];
  };
  assert.deepEqual(of('one/src/a.c'), ['owner/first', 'MIT']);
  assert.deepEqual(of('one/src/b.c'), ['owner/first', 'Apache-2.0']);
  assert.deepEqual(of('two/package.json'), ['owner/second', 'BSD-3-Clause']);
  assert.equal(of('loose.c')[1], '');
});

test('links lead neither out nor round, and those inside the Hub cache are followed', async () => {
  const outside = put(scratchFolder(), { 'secret.txt': 'secret' });
  const folder = put(scratchFolder(), { 'in/a.txt': 'a', 'in/deep/b.txt': 'b' });
  symlinkSync(join(outside, 'secret.txt'), join(folder, 'out-file.txt'));
  symlinkSync(outside, join(folder, 'out-folder'));
  symlinkSync('..', join(folder, 'in/circle'));
  symlinkSync('self', join(folder, 'self'));
  symlinkSync('nowhere', join(folder, 'dangling'));
  symlinkSync('in/a.txt', join(folder, 'same.txt'));
  const { documents, problems } = await read(listShards([folder]));
  assert.deepEqual(
    documents.map(({ text }) => text),
    ['a', 'b'],
    'a file with a link is one file',
  );
  assert.deepEqual(
    problems.map(({ kind, message }) => [kind, message.slice(folder.length + 1).split(' ')[0]]).sort(),
    ['dangling', 'in/circle', 'out-file.txt', 'out-folder', 'self'].map((name) => ['outside', name]),
  );
  const cache = put(scratchFolder(), { 'datasets--o--n/blobs/abc': '{"content":"c"}' });
  const snapshot = join(cache, 'datasets--o--n/snapshots/0123');
  mkdirSync(snapshot, { recursive: true });
  symlinkSync('../../blobs/abc', join(snapshot, 'x.jsonl'));
  const cached = await read(listShards([snapshot]));
  assert.deepEqual(cached.problems, []);
  assert.equal(cached.documents[0]?.text, 'c');
});

/** A good neighbour is in every folder: it must come out whatever the other one is. */
const good = { 'z-good.jsonl': '{"content":"good"}' };
const gz = gzipSync(jsonLines);
const parquet = formats['gzip.parquet']!();
const bad: readonly (readonly [string, string, string | Uint8Array, DataProblem['kind']])[] = [
  ['empty jsonl', 'x.jsonl', '', 'empty'],
  ['empty gzip', 'x.json.gz', '', 'empty'],
  ['empty zstd', 'x.jsonl.zst', '', 'empty'],
  ['empty parquet', 'x.parquet', '', 'empty'],
  ['truncated gzip', 'x.json.gz', gz.subarray(0, gz.length / 2), 'truncated'],
  ['truncated zstd', 'x.jsonl.zst', formats['a.jsonl.zst']!().subarray(0, 900), 'truncated'],
  ['truncated parquet', 'x.parquet', parquet.subarray(0, parquet.length / 2), 'truncated'],
  ['corrupt gzip', 'x.json.gz', spoil(gz, 200), 'corrupt'],
  ['corrupt parquet', 'x.parquet', spoil(parquet, 200), 'corrupt'],
  ['gzip that is none', 'x.json.gz', jsonLines, 'wrong-format'],
  ['zstd that is gzip', 'x.jsonl.zst', gz, 'wrong-format'],
  ['json lines that are gzip', 'x.jsonl', gz, 'wrong-format'],
  ['parquet that is json', 'x.parquet', jsonLines, 'wrong-format'],
  ['an error page', 'x.json.gz', '<!DOCTYPE html><html>', 'wrong-format'],
  [
    'a Git LFS pointer',
    'x.jsonl',
    'version https://git-lfs.github.com/spec/v1\noid sha256:0',
    'wrong-format',
  ],
  ['rows that are no JSON', 'x.jsonl', 'hello\n', 'not-json'],
  ['a wrong column in JSON', 'x.jsonl', '{"other":"x"}\n', 'no-content'],
  [
    'a wrong column in Parquet',
    'x.parquet',
    writeParquet([{ other: 'x' }], { codec: 'GZIP', rowsPerGroup: 9 }),
    'no-column',
  ],
  ['an unfinished download', 'x.json.gz.incomplete', 'abc', 'truncated'],
];

function spoil(bytes: Uint8Array, at: number): Uint8Array {
  const copy = Uint8Array.from(bytes);
  return copy.fill(0x55, at, at + 40);
}

for (const [what, name, content, kind] of bad) {
  test(`${what} is named, and its neighbour is read`, async () => {
    const folder = put(scratchFolder(), { [name]: content, ...good });
    const { documents, problems } = await read(listShards([folder]));
    assert(
      problems.length > 0 && problems.every((problem) => problem.kind === kind),
      JSON.stringify(problems),
    );
    assert(problems.every(({ message }) => message.includes(join(folder, name))));
    assert.equal(documents.at(-1)?.text, 'good');
  });
}

test('a row group that is damaged leaves the others', async () => {
  const folder = put(scratchFolder(), { 'x.parquet': spoil(parquet, 200) });
  const { documents } = await read(listShards([folder]));
  assert(documents.length >= 200 && documents.length < 300);
  for (const document of documents) assert.deepEqual(document, expected[document.row]);
});

test('mixed encodings: bytes stay as they are', async () => {
  const latin1 = Buffer.from('{"content":"caf\xe9 \x80"}\n', 'latin1');
  const utf8 = Buffer.from('{"content":"café"}\n');
  const folder = put(scratchFolder(), {
    'x.jsonl': Buffer.concat([latin1, utf8]),
    'y.parquet': writeParquet([{ content: Buffer.from('caf\xe9', 'latin1') }], {
      codec: 'GZIP',
      rowsPerGroup: 1,
    }),
  });
  const { documents, problems } = await read(listShards([folder]));
  assert.deepEqual(problems, []);
  assert.deepEqual(
    documents.map(({ text }) => text),
    ['caf\xe9 \x80', 'caf\xc3\xa9', 'caf\xe9'],
  );
});

test('a Zstandard file of several frames gives the rows of all, wherever the frames end', async () => {
  const rows = Array.from({ length: 30 }, (_, i) => ({
    content: randomBytes(i % 3 === 0 ? 150_000 : 20).toString('base64'),
  }));
  const frames = rows.map((one) => zstdCompressSync(`${JSON.stringify(one)}\n`));
  const { documents, problems } = await read(
    listShards([put(scratchFolder(), { 'x.jsonl.zst': Buffer.concat(frames) })]),
  );
  assert.deepEqual(problems, []);
  assert.deepEqual(
    documents.map(({ text }) => text),
    rows.map(({ content }) => content),
  );
});

test('decompression bombs end, without the memory that they ask for', async () => {
  const frame = zstdCompressSync(Buffer.alloc(64 << 20, 0x20));
  const folder = put(scratchFolder(), {
    'x.jsonl.zst': Buffer.concat(Array.from({ length: 100 }, () => frame)),
    ...good,
  });
  const before = process.memoryUsage().rss;
  const { documents, problems } = await read(listShards([folder]));
  assert.equal(problems[0]?.kind, 'expands');
  assert.equal(documents.at(-1)?.text, 'good');
  assert(process.memoryUsage().rss - before < 900 << 20);
});

test('a shard that grows while it is read is named', async () => {
  const folder = put(scratchFolder(), { 'x.jsonl': `${jsonLines}\n` });
  const path = join(folder, 'x.jsonl');
  const problems: DataProblem[] = [];
  let n = 0;
  const onProblem = (problem: DataProblem) => void problems.push(problem);
  for await (const _ of readDocuments(listShards([path])[0]!, { signal, onBytes: () => {}, onProblem })) {
    if (n++ === 0) appendFileSync(path, '{"content":"late"}\n');
    if (n === 1) utimesSync(path, 1, 1);
  }
  assert.deepEqual(
    problems.map(({ kind }) => kind),
    ['changed'],
  );
});

test('a file that may not be read is named, and the rest goes on', {
  skip: process.getuid?.() === 0,
}, async () => {
  const folder = put(scratchFolder(), { 'a.c': 'a', 'b.c': 'b' });
  chmodSync(join(folder, 'a.c'), 0);
  const { documents, problems } = await read(listShards([folder]));
  assert.equal(documents.length, 1);
  assert.equal(problems[0]?.kind, 'unreadable');
});

test('shards with the same bytes count once, and are named', async () => {
  const folder = put(scratchFolder(), {
    'a.jsonl': '{"content":"a"}',
    'b.jsonl': '{"content":"b"}',
    'copy.jsonl': '{"content":"a"}',
    'other-format.parquet': '{"content":"a"}',
  });
  const listed = listShards([folder, join(folder, 'b.jsonl')]);
  const { shards, duplicates } = await leaveOutDuplicates(listed, signal);
  assert.deepEqual(
    shards.map(({ index, name }) => [index, name]),
    [
      [0, 'a.jsonl'],
      [1, 'b.jsonl'],
      [2, 'other-format.parquet'],
    ],
  );
  assert.equal(duplicates.length, 2);
  assert.match(duplicates[0]!, /copy\.jsonl.*a\.jsonl/);
});

test('no path of a study file leads out of the folder that was scanned', async () => {
  const folder = put(scratchFolder(), { 'corpus/a.c': 'a', 'secret.txt': 'secret' });
  const [shard] = listShards([join(folder, 'corpus')]);
  const open = (path: string) => reopenRow(shard!, { row: 0, byteOffset: 0, path }, undefined, signal);
  assert.equal(Buffer.from((await open('a.c'))!).toString(), 'a');
  for (const path of ['../secret.txt', join(folder, 'secret.txt'), 'x/../../secret.txt']) {
    assert.equal(await open(path), undefined);
  }
});
