// Arrow data of every form that holds texts: each row is a document with where it comes from, opens again without reading
// what stands before it, and what is wrong is named while its neighbours are read.

import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { zstdCompressSync } from 'node:zlib';
import { Footer } from 'apache-arrow/fb/footer';
import { ByteBuffer } from 'flatbuffers';
import { readArrow } from '../../../server/corpus/arrow/read-arrow.ts';
import { readDocuments } from '../../../server/corpus/read-documents.ts';
import { reopenRow } from '../../../server/corpus/reopen-row.ts';
import { reopenRows } from '../../../server/corpus/reopen-rows.ts';
import { listPlaces, listShards } from '../../../server/corpus/shard.ts';
import { readAsShard } from '../../support/read-as-shard.ts';
import { scratchFolder } from '../../support/scratch.ts';
import { writeArrow } from '../../support/write-arrow.ts';

const signal = new AbortController().signal;
const fixture = (name: string) => readFileSync(join(import.meta.dirname, '../../fixtures/arrow', name));

async function read(name: string, bytes: Uint8Array) {
  const { shard, found, problems } = await readAsShard(name, bytes);
  for (const document of found) {
    const again = await reopenRow(shard, document, undefined, signal);
    assert.deepEqual(again && Buffer.from(again), Buffer.from(document.text), 'opens again');
  }
  const together: string[] = [];
  const reopening = { columns: null, restarts: [], signal, onProgress: () => {} };
  for await (const { text } of reopenRows(shard, found, reopening))
    together.push(Buffer.from(text!).toString());
  const texts = found.map(({ text }) => Buffer.from(text).toString());
  assert.deepEqual(together, texts);
  return {
    texts,
    facts: found.map(({ row, repository, path: file, license }) =>
      [row, repository, file, license].join(' '),
    ),
    problems,
  };
}

const rows = Array.from({ length: 25 }, (_, i) => ({
  content: i === 7 ? null : `x = ${i}\nü\n`.repeat(i % 5),
  repo_name: `o/r${i % 3}`,
  path: `p${i}.py`,
  licenses: i % 2 ? ['mit', 'isc'] : [],
}));

test('files and streams, by every type of text, packed or not', async () => {
  const whole = rows.filter(({ content }) => content !== null);
  const expected = {
    texts: whole.map(({ content }) => content),
    facts: whole.map(({ repo_name, path, licenses }) =>
      [rows.findIndex((row) => row.path === path), repo_name, path, licenses.join(' OR ')].join(' '),
    ),
    problems: ['no-content: FILE: row 7 has no text'],
  };
  for (const type of ['utf8', 'largeUtf8', 'binary', 'largeBinary', 'dictionary'] as const)
    for (const form of ['file', 'stream'] as const)
      assert.deepEqual(
        await read(
          'x.arrow',
          writeArrow(rows, { form, type, rowsPerBatch: type === 'dictionary' ? 25 : 10 }),
        ),
        expected,
        `${type} ${form}`,
      );
  const packed = writeArrow(rows, { form: 'file', packing: 'zstd', rowsPerBatch: 10 });
  assert.deepEqual(await read('x.feather', packed), expected);
});

test('what other programs write: views packed with LZ4, dictionaries that grow, streams of before 0.15', async () => {
  assert.deepEqual(await read('x.arrow', fixture('views-lz4.arrow')), {
    texts: ['a\n'.repeat(30), 'ü\n'.repeat(40)],
    facts: ['0   mit OR isc', '2   '],
    problems: ['no-content: FILE: row 1 has no text'],
  });
  const { texts } = await read('x.arrow', fixture('deltas.arrow'));
  assert.deepEqual(texts, ['a\nb', 'c', 'a\nb', 'd', 'c', 'zz', 'yy']);
  assert.deepEqual((await read('x.arrow', fixture('legacy.arrow'))).texts, ['x\n', 'y\n', '']);
});

test('in a file, dictionaries may stand behind the batches that refer to them', async () => {
  const texts = ['b\n', 'a\n', 'b\n'];
  const bytes = writeArrow(
    texts.map((text) => ({ text })),
    { form: 'file', type: 'dictionary' },
  );
  const end = bytes.length - 10 - bytes.readInt32LE(bytes.length - 10);
  const footer = Footer.getRootAsFooter(new ByteBuffer(bytes.subarray(end)));
  const [dictionary, batch] = [footer.dictionaries(0)!, footer.recordBatches(0)!];
  const [first, second] = [dictionary, batch].map((block) => Number(block.offset())) as [number, number];
  const behind = second + batch.metaDataLength() + Number(batch.bodyLength());
  const swapped = Buffer.concat([
    bytes.subarray(0, first),
    bytes.subarray(second, behind),
    bytes.subarray(first, second),
    bytes.subarray(behind),
  ]);
  swapped.writeBigInt64LE(BigInt(first + behind - second), end + dictionary.bb_pos);
  swapped.writeBigInt64LE(BigInt(first), end + batch.bb_pos);
  assert.deepEqual(await read('x.arrow', swapped), { texts, facts: ['0   ', '1   ', '2   '], problems: [] });
});

test('bytes stay what they are', async () => {
  const odd = Buffer.from([0x61, 0xff, 0xed, 0xa0, 0x80, 0x0a, 0]);
  const path = join(scratchFolder(), 'x.arrow');
  writeFileSync(path, writeArrow([{ text: odd }], { form: 'stream' }));
  const options = { signal, onBytes: () => {}, onProblem: () => assert.fail() };
  for await (const { text } of readDocuments(listShards([path])[0]!, options))
    assert.deepEqual(Buffer.from(text), odd);
});

test('one row is opened without reading the batches before it', async () => {
  const big = Array.from({ length: 40 }, (_, i) => ({ content: `${i}\n`.repeat(50_000) }));
  const bytes = writeArrow(big, { form: 'stream', rowsPerBatch: 1 });
  let nRead = 0;
  const source = {
    byteLength: bytes.length,
    read: async (position: number, nBytes: number) => {
      nRead += nBytes;
      return bytes.subarray(position, position + nBytes);
    },
  };
  const options = { signal, onBytes: () => {}, onProblem: () => assert.fail() };
  const shard = { name: 'x', path: 'x' };
  for await (const { row, text } of readArrow(source, shard, options, { fromRow: 39, toRow: 40 }))
    assert.deepEqual([row, text.length], [39, 150_000]);
  assert.ok(nRead < bytes.length / 10, `${nRead} of ${bytes.length} bytes`);
});

test('damage is named, and what stands before it and beside it is read', async () => {
  const whole = writeArrow(rows.slice(0, 5), { form: 'stream', rowsPerBatch: 1 });
  const cut = await read('x.arrow', whole.subarray(0, whole.length - 100));
  assert.deepEqual([cut.texts.length, cut.problems.length], [4, 1]);
  assert.match(cut.problems[0]!, /^truncated: FILE: it ends inside the message at byte \d+/);
  const file = await read('x.arrow', fixture('views-lz4.arrow').subarray(0, -3));
  assert.equal(file.texts.length, 2);
  assert.match(file.problems.at(-1)!, /^truncated: FILE: it ends (without the mark|inside)/);
  const followed = await read('x.arrow', Buffer.concat([whole, Buffer.from('junk')]));
  assert.deepEqual([followed.texts.length, followed.problems.length], [5, 1]);
  assert.match(followed.problems[0]!, /^trailing: /);
  const spoiled = Buffer.from(whole);
  // The beginning and the end of the second text.
  const at = spoiled.lastIndexOf(Buffer.from([0, 0, 0, 0, 9, 0, 0, 0]), spoiled.indexOf('x = 1'));
  spoiled.writeInt32LE(-7, at + 4);
  const beside = await read('x.arrow', spoiled);
  assert.deepEqual([beside.texts.length, beside.problems.length], [4, 1]);
  assert.match(
    beside.problems[0]!,
    /^corrupt: FILE: rows 1 to 1 cannot be read: a value of content ends before/,
  );
});

test('what is no Arrow data is named for what it is', async () => {
  const told = async (bytes: string | Uint8Array) =>
    (await read('x.feather', Buffer.from(bytes))).problems.join();
  assert.match(
    await told('hello, this is text\n'),
    /corrupt: FILE holds no Arrow data: the message at byte 0 has/,
  );
  assert.match(
    await told('FEA1\0\0\0\0'),
    /wrong-format: FILE holds no Arrow data: it is Feather of version 1/,
  );
  assert.match(await told('ARROW1\0\0'), /truncated: FILE holds no Arrow data/);
  assert.match(await told('PK\x03\x04'), /wrong-format: FILE is named as arrow and holds a zip archive/);
  assert.match(
    await told(writeArrow([{ a: 'x' }], { form: 'file' })),
    /no-column: FILE has no text column "content"/,
  );
  const doubtful = [{ code: 'x\n', content: 'y\n' }];
  assert.match(
    await told(writeArrow(doubtful, { form: 'file' })),
    /no-column: FILE does not say which column/,
  );
});

test('a packed buffer that says it is enormous is refused', async () => {
  const text = 'x\n'.repeat(5000);
  const bytes = writeArrow([{ text }], { form: 'stream', packing: 'zstd' });
  const at = bytes.indexOf(zstdCompressSync(text)) - 8;
  assert.ok(at > 0);
  const bomb = Buffer.from(bytes);
  bomb.writeBigInt64LE(3n << 30n, at);
  assert.match(
    (await read('x.arrow', bomb)).problems.join(),
    /^expands: FILE: rows 0 to 0 .* takes 3221225472 bytes/,
  );
  bomb.writeBigInt64LE(9999n, at);
  assert.match((await read('x.arrow', bomb)).problems.join(), /^corrupt: /);
});

test('what datasets writes beside its shards is passed over as descriptions', () => {
  const folder = scratchFolder();
  mkdirSync(join(folder, 'train'));
  writeFileSync(join(folder, 'dataset_dict.json'), '{"splits": ["train"]}');
  writeFileSync(join(folder, 'train', 'state.json'), '{"_data_files": []}');
  writeFileSync(join(folder, 'train', 'dataset_info.json'), '{}');
  writeFileSync(join(folder, 'train', 'a.arrow'), writeArrow(rows, { form: 'stream' }));
  const { shards, passed } = listPlaces([folder]);
  assert.deepEqual(
    shards.map(({ name }) => name),
    ['train/a.arrow'],
  );
  assert.deepEqual(passed.counts, [{ state: 'passed-over', reason: 'description', nFiles: 3 }]);
});
