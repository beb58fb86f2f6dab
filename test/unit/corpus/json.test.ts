// JSON in every layout that people have: the rows are those of JSON lines, each opens again, and a .json is told by its
// content, the same as a file and in a folder.

import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import fc from 'fast-check';
import type { DataProblem } from '../../../protocol/errors.ts';
import type { ColumnNames } from '../../../protocol/study.ts';
import { layoutOf } from '../../../server/corpus/json-lines.ts';
import { readDocuments } from '../../../server/corpus/read-documents.ts';
import { reopenRow } from '../../../server/corpus/reopen-row.ts';
import { listShards } from '../../../server/corpus/shard.ts';
import { JsonValues } from '../../../server/text/json-values.ts';
import { runs } from '../../support/in-ci.ts';
import { scratchFolder } from '../../support/scratch.ts';

const signal = new AbortController().signal;
const rows = Array.from({ length: 6 }, (_, i) => ({
  repo_name: `o/r${i}`,
  path: `f${i}.py`,
  content: `a = [{"x": ${i}}]\n\tb = "}{," # é 🌲\n`,
  meta: { n: i, tags: ['x', { y: [] as number[] }] },
}));
const text = rows.map(({ content }) => content);
const lines = rows.map((row) => JSON.stringify(row));

const layouts: Readonly<Record<string, string | Uint8Array>> = {
  lines: lines.join('\n'),
  array: JSON.stringify(rows),
  'pretty array': JSON.stringify(rows, null, 2),
  'array of lines': `[\n${lines.join(',\n')}\n]\n`,
  touching: lines.join(''),
  'one a paragraph': rows.map((row) => JSON.stringify(row, null, 4)).join('\r\n\r\n'),
  'with a mark': `\ufeff${lines.join('\n')}`,
  'array with a mark': `\ufeff${JSON.stringify(rows, null, 1)}`,
  'UTF-16': Buffer.from(`\ufeff${lines.join('\r\n')}`, 'utf16le'),
  'UTF-16 without a mark': Buffer.from(lines.join('\n'), 'utf16le'),
  'big-endian': Buffer.from(`\ufeff${JSON.stringify(rows)}`, 'utf16le').swap16(),
  'not a number': lines
    .map((line) => line.replace('"n":', '"a":NaN,"b":-Infinity,"c":Infinity,"n":'))
    .join('\n'),
};

async function read(path: string, columns?: ColumnNames) {
  const problems: DataProblem[] = [];
  const documents: { path: string; text: string }[] = [];
  for (const shard of listShards([path], columns)) {
    const onProblem = (problem: DataProblem) => void problems.push(problem);
    for await (const document of readDocuments(shard, { signal, onBytes: () => {}, onProblem })) {
      documents.push({ path: document.path, text: Buffer.from(document.text).toString() });
      const again = await reopenRow(shard, document, undefined, signal);
      assert.deepEqual(again && Buffer.from(again), Buffer.from(document.text), 'opens again');
    }
  }
  return { documents, problems };
}

function put(name: string, content: string | Uint8Array): string {
  const path = join(scratchFolder(), name);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, content);
  return path;
}

for (const [layout, content] of Object.entries(layouts)) {
  test(`${layout}: the rows of JSON lines, from a file, a folder and packed`, async () => {
    for (const name of ['x.jsonl', 'x.json', 'x.json.gz', 'x.jsonl.zst']) {
      const packed = name.endsWith('gz')
        ? gzipSync(content)
        : name.endsWith('zst')
          ? zstdCompressSync(content)
          : content;
      const path = put(name, packed);
      for (const named of [path, dirname(path)]) {
        const { documents, problems } = await read(named);
        assert.deepEqual(problems, [], name);
        assert.deepEqual(
          documents.map((document) => document.text),
          text,
          name,
        );
        assert.equal(documents[1]!.path, 'f1.py');
      }
    }
  });
}

test('a .json that holds no rows is a document, as a file and in a folder', async () => {
  const files = [
    '{\n  "name": "x",\n  "version": "1"\n}\n',
    '{"compilerOptions": {}}',
    '"just a text"',
    '[1, 2]',
  ];
  for (const content of files) {
    const path = put('package.json', content);
    for (const named of [path, dirname(path)]) {
      assert.deepEqual((await read(named)).documents, [{ path: 'package.json', text: content }]);
    }
  }
});

test('a list without a text names its columns; a column inside another is chosen with a dot', async () => {
  const nested = rows.map(({ content }, id) => ({ id, text: { content, path: 'inner' }, note: 'n' }));
  for (const content of [JSON.stringify(nested), nested.map((row) => JSON.stringify(row)).join('\n')]) {
    const path = put('x.json', content);
    const unnamed = await read(path);
    assert.equal(unnamed.documents.length, 0);
    assert.match(
      unnamed.problems[0]!.message,
      /text\.content, text\.path, note \(choose one with --content-column/,
    );
    const { documents } = await read(path, { content: 'text.content', path: 'text.path' });
    assert.deepEqual(
      documents,
      text.map((each) => ({ path: 'inner', text: each })),
    );
  }
});

test('a row that is cut off takes no other with it', async () => {
  const { documents, problems } = await read(
    put('x.jsonl', `{"content": "cut\n${lines[0]}\n{"content": "x",\n${lines[1]}\n`),
  );
  assert.deepEqual(
    documents.map((document) => document.text),
    text.slice(0, 2),
  );
  assert.deepEqual(
    problems.map(({ kind }) => kind),
    ['not-json', 'not-json'],
  );
});

test('any values in any layout come out one a line, however the stream is cut', () => {
  const layout = fc.constantFrom('array', 'pretty', 'touching', 'paragraphs');
  const value = fc.dictionary(fc.string(), fc.jsonValue());
  fc.assert(
    fc.property(
      fc.array(value, { minLength: 1 }),
      layout,
      fc.integer({ min: 1, max: 50 }),
      (values, how, step) => {
        const json = {
          array: () => JSON.stringify(values),
          pretty: () => JSON.stringify(values, null, 2),
          touching: () => values.map((each) => JSON.stringify(each)).join(''),
          paragraphs: () => values.map((each) => JSON.stringify(each, null, 1)).join('\n'),
        }[how]();
        const bytes = Buffer.from(json);
        const maker = new JsonValues();
        let out = '';
        const pieces: Uint8Array[] = [];
        for (let at = 0; at < bytes.length; at += step)
          pieces.push(maker.push(bytes.subarray(at, at + step)));
        out = Buffer.concat(pieces).toString();
        assert.deepEqual(
          out
            .split('\n')
            .filter((line) => line.trim() !== '')
            .map((line) => JSON.parse(line)),
          JSON.parse(JSON.stringify(values)),
        );
      },
    ),
    { numRuns: runs(200) },
  );
});

test('a damaged first row leaves the others rows of a line each, with their places', () => {
  const layout = (text: string) => layoutOf(Buffer.from(text)).kind;
  assert.equal(layout('{"content": oops\n{"content": "a"}\n'), 'lines');
  assert.equal(layout('{"content":\n{"a": 1}\n}\n'), 'values');
  assert.equal(layout('{\n  "content": "a"\n}\n'), 'values');
});
