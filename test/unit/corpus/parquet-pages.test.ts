// Row groups that are read a few pages at a time give what they give as a whole, by any range; damage ends its own pages.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import { parquetMetadata } from 'hyparquet';
import type { DataProblem } from '../../../protocol/errors.ts';
import { memorySource } from '../../../server/corpus/byte-source.ts';
import { pagesOf } from '../../../server/corpus/parquet-pages.ts';
import { readParquet } from '../../../server/corpus/read-parquet.ts';
import { allRows } from '../../../server/corpus/row-range.ts';

const { signal } = new AbortController();
const fixtures = ['pages-1', 'pages-2'].map((name) =>
  readFileSync(join(import.meta.dirname, `../../fixtures/parquet/${name}.parquet`)),
);

async function read(bytes: Buffer, largeBytes: number | undefined, range = allRows) {
  const problems: DataProblem[] = [];
  const documents: unknown[] = [];
  const options = { signal, onBytes: () => {}, onProblem: (problem: DataProblem) => problems.push(problem) };
  for await (const { text, ...document } of readParquet(
    memorySource(bytes),
    { name: 'x', path: 'x' },
    options,
    range,
    largeBytes,
  ))
    documents.push({ ...document, text: Buffer.from(text).toString() });
  return { documents, problems };
}

async function textPages(bytes: Buffer) {
  const metadata = parquetMetadata(
    bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length) as ArrayBuffer,
  );
  const column = metadata.row_groups[0]!.columns.find(
    ({ meta_data }) => meta_data?.path_in_schema[0] === 'content',
  );
  const pages = await pagesOf(memorySource(bytes), column!.meta_data!);
  assert.ok(!('failure' in pages));
  return pages;
}

test('by pages as a whole, whatever rows are asked for', async () => {
  for (const bytes of fixtures) {
    const whole = await read(bytes, undefined);
    assert.deepEqual([whole.documents.length, whole.problems.length], [299, 1]);
    assert.ok((await textPages(bytes)).length > 10);
    for (const pieceBytes of [0, 2000]) assert.deepEqual(await read(bytes, pieceBytes), whole);
    await fc.assert(
      fc.asyncProperty(fc.nat(300), fc.nat(30), async (fromRow, nRows) => {
        const range = { fromRow, toRow: fromRow + nRows };
        assert.deepEqual(await read(bytes, 0, range), await read(bytes, undefined, range));
      }),
      { numRuns: 15 },
    );
  }
});

test('a damaged page is one problem, and the other pages are read', async () => {
  const [bytes] = fixtures;
  const page = (await textPages(bytes!))[4]!;
  const spoiled = Buffer.from(bytes!);
  spoiled.fill(0xff, page.start + page.nBytes - 12, page.start + page.nBytes);
  const { documents, problems } = await read(spoiled, 0);
  const told = problems.filter(({ kind }) => kind === 'corrupt');
  assert.equal(told.length, 1);
  assert.match(told[0]!.message, /^x rows \d+ to \d+ \(row group 0\) cannot be read: /);
  assert.equal(documents.length, 299 - page.nRows);
  const noHeader = Buffer.from(bytes!).fill(0xff, page.start, page.start + 4);
  assert.match((await read(noHeader, 0)).problems.at(-1)!.message, /rows 0 to 299 .* has no header/);
});

test('a page that says it is enormous is refused', async () => {
  const [bytes] = fixtures;
  const pages = await textPages(bytes!);
  // The varint of its size unpacked, made one of 2 GiB: the header's first field is its type, the second this.
  const page = pages.find(({ nUnpacked }) => nUnpacked >= 64 && nUnpacked < 8192)!;
  const varint = (n: number) => Buffer.from([(n & 127) | 128, (n >> 7) & 127]);
  const at = bytes!.indexOf(varint(2 * page.nUnpacked), page.start);
  const size = Buffer.from([0xfe, 0xff, 0xff, 0xff, 0x0f]);
  const bomb = Buffer.concat([bytes!.subarray(0, at), size, bytes!.subarray(at + 2)]);
  assert.match(
    (await read(bomb, 0)).problems.map(({ message }) => message).join(),
    /takes 2147483647 bytes|footer/,
  );
});
