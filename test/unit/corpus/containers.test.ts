// Archives, tables and notebooks as people have them: a document a member, a record or a notebook, with where it comes
// from, and each opens again.

import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { pack } from 'tar-stream';
import type { DataProblem } from '../../../protocol/errors.ts';
import type { ColumnNames } from '../../../protocol/study.ts';
import type { CorpusDocument } from '../../../server/corpus/corpus-document.ts';
import { readDocuments } from '../../../server/corpus/read-documents.ts';
import { reopenRow } from '../../../server/corpus/reopen-row.ts';
import { listShards } from '../../../server/corpus/shard.ts';
import { scratchFolder } from '../../support/scratch.ts';
import { writeArrow } from '../../support/write-arrow.ts';
import { writeParquet } from '../../support/write-parquet.ts';
import { writeZip } from '../../support/write-zip.ts';

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
    assert.match(problems[0]!, /truncated: .*data\.tar\.gz/);
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

test('what may hold training data and is not read is named, in a folder and in an archive', async () => {
  const folder = scratchFolder();
  const files = {
    'a.py': Buffer.from('x = 1\n'),
    'b.7z': Buffer.from('7z\xbc\xaf\x27\x1c\0\x04', 'latin1'),
    'c.tfrecord': Buffer.from('\x05\0\0\0\0\0\0\0', 'latin1'),
    'd.so': Buffer.from('\x7fELF\0\0', 'latin1'),
  };
  for (const [name, bytes] of Object.entries(files)) writeFileSync(join(folder, name), bytes);
  const told: string[] = [];
  const options = {
    signal,
    onBytes: () => {},
    onProblem: ({ kind, message }: DataProblem) =>
      void told.push(`${kind}: ${message.slice(folder.length + 1)}`),
  };
  let nDocuments = 0;
  for await (const _ of readDocuments(listShards([folder])[0]!, options)) nDocuments++;
  assert.equal(nDocuments, 1);
  assert.deepEqual(told, [
    'unreadable: b.7z is a 7z archive, which is not read: unpack it',
    'unreadable: c.tfrecord is called .tfrecord, which is not read: save it as Parquet or JSON lines',
  ]);
  assert.match(
    (await read('x.tar', await tar(files))).problems.join(),
    /that are packed or hold others are not read: 2/,
  );
});

test('the same texts are read out of every container, and open again', async () => {
  const text = fc
    .string({
      unit: fc.oneof(
        fc.constantFrom('a', '"', '\\', ',', ';', '\n', '\r\n', '\t', ' '),
        fc.string({ unit: 'binary' }),
      ),
      minLength: 1,
    })
    .map((found) => found.toWellFormed())
    // What a file means by its first bytes, and what makes it no text.
    .filter((found) => !/^[\ufeff\ufffe]|\0/.test(found) && found !== '');
  await fc.assert(
    fc.asyncProperty(fc.array(text, { minLength: 1, maxLength: 8 }), async (texts) => {
      const rows = texts.map((content, i) => ({
        content,
        repo_name: 'o/r',
        path: `${i}.py`,
        license: 'mit',
      }));
      const lines = rows.map((row) => JSON.stringify(row)).join('\n');
      const members = rows.map(({ path, content }) => [path, Buffer.from(content)] as const);
      const fields = rows.map(({ path, content }) => `${path},"${content.replaceAll('"', '""')}"\n`);
      const containers = {
        'x.jsonl': lines,
        'x.jsonl.gz': gzipSync(lines),
        'x.csv': `path,content\n${fields.join('')}`,
        'x.parquet': writeParquet(rows, { codec: 'GZIP', rowsPerGroup: 3 }),
        'file.arrow': writeArrow(rows, { form: 'file', rowsPerBatch: 3 }),
        'stream.arrow': writeArrow(rows, { form: 'stream', packing: 'zstd' }),
        'x.tar': await tar(Object.fromEntries(members)),
        'x.zip': writeZip(members.map(([name, bytes]) => ({ name, bytes, packed: 'deflate' }))),
        'rows.zip': writeZip([{ name: 'x.jsonl', bytes: Buffer.from(lines) }]),
      };
      for (const [name, bytes] of Object.entries(containers)) {
        const { documents, problems } = await read(name, bytes);
        assert.deepEqual([problems, documents.map((document) => document[3])], [[], texts], name);
      }
    }),
    { numRuns: 6 },
  );
});
