// The plain row reader against JSON.parse, on adversarial rows, and against damaged streams.

import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import fc from 'fast-check';
import type { DataProblem } from '../../../protocol/errors.ts';
import { parseRow } from '../../../server/corpus/parse-row.ts';
import { readDocuments } from '../../../server/corpus/read-documents.ts';
import { listShards } from '../../../server/corpus/shard.ts';
import { UserError } from '../../../server/errors.ts';
import { runs } from '../../support/in-ci.ts';
import { scratchFolder } from '../../support/scratch.ts';

const bytes = (text: string) => new TextEncoder().encode(text);

async function read(path: string) {
  const problems: DataProblem[] = [];
  const documents = [];
  let diskBytes = 0;
  for await (const d of readDocuments(listShards([path])[0]!, {
    signal: new AbortController().signal,
    onBytes: (n) => {
      diskBytes += n;
    },
    onProblem: (p) => problems.push(p),
  })) {
    documents.push({ ...d, text: Buffer.from(d.text).toString() });
  }
  return { documents, problems, diskBytes };
}

test('a row reads as JSON.parse reads it, for any strings and any other values', () => {
  const anyRow = fc.record({
    content: fc.string({ unit: 'binary' }),
    other: fc.jsonValue(),
    path: fc.string(),
  });
  fc.assert(
    fc.property(anyRow, fc.boolean(), (row, escapeAll) => {
      let json = JSON.stringify({ a: row.other, content: row.content, path: row.path });
      if (escapeAll)
        json = json.replace(/[^ -~]/g, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`);
      const parsed = parseRow(bytes(json));
      assert(typeof parsed !== 'string');
      assert.equal(Buffer.from(parsed.content).toString(), row.content);
      assert.equal(parsed.path, row.path);
    }),
  );
});

test('what JSON.parse refuses is no JSON', () => {
  const broken = fc.tuple(fc.json(), fc.nat(), fc.constantFrom('', '"', '{', '\\', ',', 'x', '\n'));
  fc.assert(
    fc.property(broken, ([json, at, insert]) => {
      const text = `{"content":"x","k":${json}}`;
      const cut = at % text.length;
      const row = text.slice(0, cut) + insert + text.slice(cut + 1);
      let isObject = true;
      try {
        const value = JSON.parse(row);
        isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
      } catch {
        isObject = false;
      }
      assert.equal(parseRow(bytes(row)) !== 'not-json', isObject, row);
    }),
    { numRuns: runs(2000) },
  );
});

test('escapes, a key of the same name inside a string, duplicate and nested keys', () => {
  const content = (json: string) => {
    const row = parseRow(bytes(json));
    return typeof row === 'string' ? row : Buffer.from(row.content).toString();
  };
  assert.equal(content('{"path":"\\"content\\":\\"no\\"","content":"a\\/b\\u00e9\\ud83d\\ude00"}'), 'a/bé😀');
  assert.equal(content('{"meta":{"content":"no"},"content" : "yes"}'), 'yes');
  assert.equal(content('{"content":"first","content":"second"}'), 'first');
  assert.equal(content('{"content":5}'), 'no-content');
  assert.equal(content('{}'), 'no-content');
  assert.equal(content('[1]'), 'not-json');
  assert.equal(content('{"content":"a"} x'), 'not-json');
  assert.equal(content(`{"content":${'['.repeat(100_000)}`), 'not-json');
});

test('invalid UTF-8 and NUL are kept as they are', () => {
  const row = Buffer.concat([bytes('{"content":"'), Uint8Array.of(0xff, 0xc3, 0x28), bytes('\\u0000"}')]);
  const parsed = parseRow(row);
  assert(typeof parsed !== 'string');
  assert.deepEqual([...parsed.content], [0xff, 0xc3, 0x28, 0]);
});

const rows = (n: number) =>
  Array.from({ length: n }, (_, i) =>
    JSON.stringify({ repo_name: 'r', path: `p${i}`, license: 'mit', content: `text ${i}\n`.repeat(500) }),
  );

test('jsonl, gzip, several gzip members and zstd hold the same documents', async () => {
  const dir = scratchFolder();
  const text = rows(40).join('\n');
  const half = text.length >> 1;
  writeFileSync(join(dir, 'a.jsonl'), text);
  writeFileSync(join(dir, 'b.json.gz'), gzipSync(text));
  writeFileSync(
    join(dir, 'c.jsonl.gz'),
    Buffer.concat([gzipSync(text.slice(0, half)), gzipSync(text.slice(half))]),
  );
  writeFileSync(join(dir, 'd.jsonl.zst'), zstdCompressSync(text));
  const plain = await read(join(dir, 'a.jsonl'));
  assert.equal(plain.documents.length, 40);
  assert.equal(plain.diskBytes, text.length);
  assert.deepEqual(plain.problems, []);
  for (const name of ['b.json.gz', 'c.jsonl.gz', 'd.jsonl.zst']) {
    const { documents, problems } = await read(join(dir, name));
    assert.deepEqual(problems, [], name);
    assert.deepEqual(documents, plain.documents, name);
  }
});

test('a stream cut anywhere gives the rows before the cut, always the same, and says where it ends', async () => {
  const dir = scratchFolder();
  const text = rows(30).join('\n');
  for (const [name, whole] of [
    ['x.json.gz', gzipSync(text)],
    ['x.jsonl.zst', zstdCompressSync(text)],
  ] as const) {
    for (const part of [0.1, 0.5, 0.9, 0.999]) {
      writeFileSync(join(dir, name), whole.subarray(0, Math.floor(whole.length * part)));
      const first = await read(join(dir, name));
      const second = await read(join(dir, name));
      assert.deepEqual(first, second);
      assert.equal(first.problems.length, 1, `${name} ${part}`);
      assert.equal(first.problems[0]?.kind, 'truncated');
      assert.match(first.problems[0]?.message ?? '', new RegExp(name));
      for (const [i, d] of first.documents.entries()) assert.equal(d.path, `p${i}`);
    }
  }
});

test('a corrupt gzip and bad rows are problems with their offsets; the rest is read', async () => {
  const dir = scratchFolder();
  const path = join(dir, 'bad.jsonl');
  const [a, b, c] = rows(3);
  writeFileSync(path, [a, '{"content": oops}', b, '{"path":"no content"}', '', c].join('\n'));
  const { documents, problems } = await read(path);
  assert.deepEqual(
    documents.map((d) => [d.row, d.path]),
    [
      [0, 'p0'],
      [2, 'p1'],
      [4, 'p2'],
    ],
  );
  assert.deepEqual(
    problems.map((p) => [p.kind, p.byteOffset]),
    [
      ['not-json', a!.length + 1],
      ['no-content', a!.length + 1 + 18 + b!.length + 1],
    ],
  );
  const zip = gzipSync(rows(50).join('\n'));
  zip.fill(0x55, zip.length >> 1, (zip.length >> 1) + 20);
  writeFileSync(join(dir, 'c.json.gz'), zip);
  const damaged = await read(join(dir, 'c.json.gz'));
  assert.equal(damaged.problems.at(-1)?.kind, 'corrupt');
});

test('a folder of sources is one shard, a document a file, in code-unit order', async () => {
  const dir = scratchFolder();
  writeFileSync(join(dir, 'b.ts'), 'b');
  writeFileSync(join(dir, 'Z.ts'), 'z');
  writeFileSync(join(dir, 'a.ts'), 'a');
  const { documents } = await read(dir);
  assert.deepEqual(
    documents.map((d) => d.path),
    ['Z.ts', 'a.ts', 'b.ts'],
  );
});

test('a path that is missing, empty or no shard is a user error that names it', () => {
  const dir = scratchFolder();
  for (const path of [join(dir, 'none'), dir, process.execPath]) {
    assert.throws(
      () => listShards([path]),
      (error: Error) =>
        error instanceof UserError && error.message.includes(path) && error.action !== undefined,
    );
  }
});
