// Archives, tables and notebooks as people have them: a document a member, a record or a notebook, with where it comes
// from, and each opens again.

import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { pack } from 'tar-stream';
import type { DataProblem } from '../../../protocol/errors.ts';
import type { ColumnNames } from '../../../protocol/study.ts';
import type { CorpusDocument } from '../../../server/corpus/corpus-document.ts';
import { readDocuments } from '../../../server/corpus/read-documents.ts';
import { reopenRow } from '../../../server/corpus/reopen-row.ts';
import { listShards } from '../../../server/corpus/shard.ts';
import { scratchFolder } from '../../support/scratch.ts';

const signal = new AbortController().signal;

async function read(name: string, bytes: string | Uint8Array, columns?: ColumnNames) {
  const path = join(scratchFolder(), name);
  writeFileSync(path, bytes);
  const [shard] = listShards([path], columns);
  const problems: DataProblem[] = [];
  const found: CorpusDocument[] = [];
  const onProblem = (problem: DataProblem) => void problems.push(problem);
  for await (const document of readDocuments(shard!, { signal, onBytes: () => {}, onProblem }))
    found.push(document);
  for (const document of found) {
    const again = await reopenRow(shard!, document, undefined, signal);
    assert.deepEqual(again && Buffer.from(again), Buffer.from(document.text), 'opens again');
  }
  const documents = found.map(({ path, repository, license, text }) => [
    path,
    repository,
    license,
    Buffer.from(text).toString(),
  ]);
  return { documents, problems: problems.map(({ kind, message }) => `${kind}: ${message}`) };
}

async function tar(files: Readonly<Record<string, string | Buffer>>): Promise<Buffer> {
  const archive = pack();
  for (const [name, content] of Object.entries(files)) archive.entry({ name }, content);
  archive.finalize();
  return buffer(archive);
}

test('a source archive: a document a member, with its licence; pictures are passed over', async () => {
  const archive = await tar({
    'tool-1.0/LICENSE':
      'MIT License\n\nPermission is hereby granted, free of charge, to any person obtaining a copy\n',
    'tool-1.0/package.json': '{\n  "license": "MIT"\n}',
    'tool-1.0/src/a.py': 'x = 1\n',
    'tool-1.0/logo.png': Buffer.from('\x89PNG\0\0', 'latin1'),
    'tool-1.0/b.utf16.txt': Buffer.from('\ufeffy = 2\n', 'utf16le'),
    'tool-1.0/data.tar.gz': gzipSync('x'),
  });
  for (const [name, bytes] of [
    ['tool.tar', archive],
    ['tool.tgz', gzipSync(archive)],
    ['tool.tar.gz', gzipSync(archive)],
  ] as const) {
    const { documents, problems } = await read(name, bytes);
    assert.deepEqual(documents.slice(2), [
      ['tool-1.0/src/a.py', 'tool', 'MIT', 'x = 1\n'],
      ['tool-1.0/b.utf16.txt', 'tool', 'MIT', 'y = 2\n'],
    ]);
    assert.equal(problems.length, 1);
    assert.match(problems[0]!, /unreadable: .*: 1 members that are packed.*data\.tar\.gz/);
  }
});

test('WebDataset: members of one key belong together, and JSON tells of the others', async () => {
  const { documents, problems } = await read(
    'code-0.tar',
    await tar({
      '0000.json': '{"repo_name": "o/r", "path": "src/a.py", "license": ["mit"]}',
      '0000.py': 'a = 1\n',
      '0001.py': 'b = 2\n',
      '0002.json': '{"content": "c = 3\\n", "repo_name": "o/c"}',
      '0003.jsonl': '{"content": "d = 4\\n"}\n{"content": "e = 5\\n"}\n',
    }),
  );
  assert.deepEqual(problems, []);
  assert.deepEqual(documents, [
    ['src/a.py', 'o/r', 'mit', 'a = 1\n'],
    ['0001.py', 'code-0', '', 'b = 2\n'],
    ['0002.json', 'o/c', '', 'c = 3\n'],
    ['0003.jsonl', 'code-0', '', 'd = 4\n'],
    ['0003.jsonl', 'code-0', '', 'e = 5\n'],
  ]);
});

test('an archive that is cut or none is named', async () => {
  const archive = await tar({ 'a.py': 'a\n', 'b.py': 'b\n'.repeat(2000) });
  const cut = await read('x.tar', archive.subarray(0, 2000));
  assert.equal(cut.documents.length, 1);
  assert.match(cut.problems.join(), /^truncated: .*tar archive/);
  assert.match((await read('x.tar', 'hello '.repeat(200))).problems.join(), /^corrupt: .*tar archive/);
});

test('tables: quotes, line ends in fields, bytes as they are, and columns by name', async () => {
  const csv = 'path,content,license\r\na.py,"x = ""1""\n\ty = 2\n",mit\r\nb.py,z,\r\n';
  assert.deepEqual(await read('x.csv', csv), {
    documents: [
      ['a.py', '', 'mit', 'x = "1"\n\ty = 2\n'],
      ['b.py', '', '', 'z'],
    ],
    problems: [],
  });
  const tsv = '\ufeffbody\tname\nx = 1\ta.py\n';
  for (const [name, bytes] of [
    ['x.tsv', tsv],
    ['x.tsv.gz', gzipSync(tsv)],
  ] as const) {
    const { documents } = await read(name, bytes, { content: 'body', path: 'name' });
    assert.deepEqual(documents, [['a.py', '', '', 'x = 1\n'.trim()]]);
  }
  assert.match((await read('x.csv', 'a;b\n1;2\n')).problems.join(), /no text column.*its columns are a, b /);
  assert.match((await read('x.csv', 'content\n"open\n')).problems.join(), /^corrupt: .*row 0/);
});

test('a notebook is its cells, as a file and in a folder', async () => {
  const notebook = JSON.stringify({
    cells: [
      { cell_type: 'code', source: ['import os\n', 'x = 1'], outputs: [{ text: 'printed' }] },
      { cell_type: 'markdown', source: '# Title' },
    ],
    nbformat: 4,
  });
  const text = 'import os\nx = 1\n\n# Title';
  assert.deepEqual((await read('a.ipynb', notebook)).documents, [['a.ipynb', '', '', text]]);
  assert.match((await read('a.ipynb', '{}')).problems.join(), /no notebook/);
  const folder = scratchFolder();
  mkdirSync(join(folder, 'sub'));
  writeFileSync(join(folder, 'sub', 'a.ipynb'), notebook);
  const found: string[] = [];
  const options = { signal, onBytes: () => {}, onProblem: () => assert.fail() };
  for await (const document of readDocuments(listShards([folder])[0]!, options)) {
    found.push(Buffer.from(document.text).toString());
  }
  assert.deepEqual(found, [text]);
});

test('a container that is not read is named, with the way out', async () => {
  assert.match((await read('x.zip', 'PK\x03\x04')).problems.join(), /^unreadable: .*zip archive.*unpack it/);
});
