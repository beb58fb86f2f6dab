// Zip archives: a document a member, by the directory; what is packed or inside is read; and what cannot be meant is refused.

import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { pack } from 'tar-stream';
import { readArchive, reopenMembers } from '../../../server/corpus/archive/read-archive.ts';
import { zipMembers } from '../../../server/corpus/archive/zip-members.ts';
import { surveyZip } from '../../../server/corpus/archive/zip-survey.ts';
import { reopenRow } from '../../../server/corpus/reopen-row.ts';
import { listShards } from '../../../server/corpus/shard.ts';
import { EnvironmentError } from '../../../server/errors.ts';
import { readAsShard } from '../../support/read-as-shard.ts';
import { scratchFolder } from '../../support/scratch.ts';
import { writeArrow } from '../../support/write-arrow.ts';
import { writeParquet } from '../../support/write-parquet.ts';
import { writeZip } from '../../support/write-zip.ts';

const signal = new AbortController().signal;

const zip = (files: Readonly<Record<string, string | Uint8Array>>, packed: 'deflate' | 'no' = 'deflate') =>
  writeZip(
    Object.entries(files).map(([name, bytes]) => ({
      name,
      bytes: Buffer.from(bytes),
      ...(packed === 'deflate' && { packed }),
    })),
  );

async function tar(files: Readonly<Record<string, Uint8Array>>): Promise<Buffer> {
  const archive = pack();
  for (const [name, content] of Object.entries(files)) archive.entry({ name }, Buffer.from(content));
  archive.finalize();
  return buffer(archive);
}

async function read(name: string, bytes: Uint8Array) {
  const { shard, found, columns, problems } = await readAsShard(name, bytes);
  for (const document of found.length < 100 ? found : found.slice(-3)) {
    const again = await reopenRow(shard, document, undefined, signal);
    assert.deepEqual(again && Buffer.from(again), Buffer.from(document.text), `${document.path} opens again`);
  }
  return {
    shard,
    found,
    columns,
    documents: found.map((one) => [one.path, one.repository, one.license, Buffer.from(one.text).toString()]),
    problems,
  };
}

const mit = 'MIT License\n\nPermission is hereby granted, free of charge, to any person obtaining a copy\n';

test('archives of repositories, packages and wheels, with where they come from', async () => {
  for (const packed of ['deflate', 'no'] as const) {
    const files = {
      'tool-main/src/ü.py': 'x = 1\n',
      'tool-main/empty.py': '',
      'tool-main/LICENSE': mit,
      'tool-main/._a.py': Buffer.from('\0\x05\x16\x07\0\0', 'latin1'),
      'tool-main/logo.png': Buffer.from('\x89PNG\0\0', 'latin1'),
    };
    const { documents, problems } = await read('main.zip', zip(files, packed));
    assert.deepEqual(problems, []);
    assert.deepEqual(documents, [
      ['tool-main/src/ü.py', 'tool-main', 'MIT', 'x = 1\n'],
      ['tool-main/LICENSE', 'tool-main', 'MIT', mit],
    ]);
  }
  const wheel = zip({
    'tool/__init__.py': 'a = 1\n',
    'tool-1.0.dist-info/METADATA':
      'Metadata-Version: 2.4\nName: Tool\nLicense-Expression: BSD-3-Clause\n\ntext\n',
  });
  assert.deepEqual((await read('tool-1.0-py3-none-any.whl', wheel)).documents[0], [
    ...['tool/__init__.py', 'Tool', 'BSD-3-Clause', 'a = 1\n'],
  ]);
  const npm = zip({ 'package/a.js': '1\n', 'package/package.json': '{"name": "@o/left", "license": "isc"}' });
  assert.deepEqual((await read('left-1.0.zip', npm)).documents[0], ['package/a.js', '@o/left', 'ISC', '1\n']);
});

const rows = (n: number) => Array.from({ length: n }, (_, i) => `{"content":"row ${i}\\n"}\n`).join('');

test('members that are packed or hold others, in tar as in zip', async () => {
  const table = [{ content: 'one\n', path: 'a.py' }];
  const inner = gzipSync(await tar({ 'in/a.py': Buffer.from('inner\n'), 'in/deep.zip': zip({ x: 'deep' }) }));
  const files = {
    'd/x.py.gz': gzipSync('packed\n'),
    'd/rows.jsonl.gz': gzipSync(rows(3)),
    'd/table.csv.gz': gzipSync('content,path\n"a\nb",p.py\n'),
    'd/x.parquet': writeParquet(
      table.map((row) => ({ ...row, repo_name: 'o/r', license: 'mit' })),
      { codec: 'ZSTD', rowsPerGroup: 1 },
    ),
    'd/x.arrow': writeArrow(table, { form: 'stream' }),
    'd/inner.tar.gz': inner,
    'd/w.zip': zip({ 'w/b.py': 'zipped\n', 'w/LICENSE': mit }),
    'd/plain.csv': 'content,path\n"c\nd",q.py\n',
    'd/other.csv': 'width,height\n1,2\n',
    'd/part-00000': rows(1),
    'd/odd.jsonl': '[{"text": "t\\n"}, {"text": 5}]',
  };
  const expected = [
    ['d/x.py', 'all', '', 'packed\n'],
    ...[0, 1, 2].map((i) => ['d/rows.jsonl.gz', 'all', '', `row ${i}\n`]),
    ['p.py', 'all', '', 'a\nb'],
    ['a.py', 'o/r', 'mit', 'one\n'],
    ['a.py', 'all', '', 'one\n'],
    ['d/inner.tar.gz/in/a.py', 'all', '', 'inner\n'],
    ['d/w.zip/w/b.py', 'all', 'MIT', 'zipped\n'],
    ['d/w.zip/w/LICENSE', 'all', 'MIT', mit],
    ['q.py', 'all', '', 'c\nd'],
    ['d/other.csv', 'all', '', 'width,height\n1,2\n'],
    ['d/part-00000', 'all', '', 'row 0\n'],
    ['d/odd.jsonl', 'all', '', 't\n'],
  ];
  for (const [name, bytes] of [
    ['all.zip', zip(files)],
    ['all.tar', await tar(Object.fromEntries(Object.entries(files).map(([n, b]) => [n, Buffer.from(b)])))],
  ] as const) {
    const { documents, problems, columns } = await read(name, bytes);
    assert.deepEqual(documents, expected);
    assert.deepEqual(columns, [{ content: 'content' }]);
    assert.deepEqual(problems, [
      'unreadable: FILE: members that are packed or hold others are not read: 1, of which the first is d/inner.tar.gz/in/deep.zip (unpack the archive to have them searched)',
      'unreadable: FILE: members with rows that hold no text are not read: 1, of which the first is d/odd.jsonl (unpack the archive to have them searched)',
    ]);
  }
});

test('one document is opened without unpacking other members, and rows that are smaller than a byte are told apart', async () => {
  const many = await read(
    'x.zip',
    zip({ 'a.py': 'a\n', 'tiny.jsonl.gz': gzipSync(rows(1).repeat(400)), 'b.py': 'b\n' }),
  );
  assert.equal(many.found.length, 402);
  const wanted = [many.found[0]!, many.found[300]!, many.found.at(-1)!];
  const texts: string[] = [];
  for await (const { text } of reopenMembers(many.shard, wanted, {
    signal,
    onBytes: () => {},
    onProblem: () => {},
  }))
    texts.push(Buffer.from(text!).toString());
  assert.deepEqual(texts, ['a\n', 'row 0\n', 'b\n']);
  const bytes = zip({ 'a.py': 'aaaa\n'.repeat(99), 'b.py': 'b\n' });
  // Spoiled where nobody looks who opens the other member.
  const path = join(scratchFolder(), 'y.zip');
  writeFileSync(path, Buffer.from(bytes).fill(0xff, 36, 40));
  const again = await reopenRow(
    listShards([path])[0]!,
    { row: 1, byteOffset: 495, path: '' },
    undefined,
    signal,
  );
  assert.equal(Buffer.from(again!).toString(), 'b\n');
});

test('damage is named, and the other members are read', async () => {
  const whole = zip({ 'a.py': 'aaaa\n'.repeat(99), 'b.py': 'b\n' });
  const spoiled = await read('x.zip', Buffer.from(whole).fill(0xff, 36, 40));
  assert.deepEqual([spoiled.documents.length, spoiled.problems.length], [1, 1]);
  assert.match(spoiled.problems[0]!, /^(corrupt|truncated): FILE: a.py is damaged: /);
  const stored = zip({ 'a.py': 'aaaa\n', 'b.py': 'b\n' }, 'no');
  const changed = Buffer.from(stored);
  changed[changed.indexOf('aaaa')] = 0x62;
  assert.match(
    (await read('x.zip', changed)).problems.join(),
    /^corrupt: FILE: a.py is damaged: its checksum/,
  );
  assert.match(
    (await read('x.zip', whole.subarray(0, -30))).problems.join(),
    /^truncated: FILE is no whole zip/,
  );
  assert.match(
    (await read('x.zip', Buffer.from('hello'))).problems.join(),
    /^wrong-format: FILE is named as zip/,
  );
  const cut = Buffer.concat([whole.subarray(0, 60), whole.subarray(90)]);
  assert.notEqual((await read('x.zip', cut)).problems.length, 0);
});

/** Changes fields of the directory's entries: `at` counts from their signature. */
function patched(bytes: Buffer, at: number, value: number, nth = 0): Buffer {
  const copy = Buffer.from(bytes);
  let entry = -1;
  for (let i = 0; i <= nth; i++) entry = copy.indexOf('PK\x01\x02', entry + 1);
  copy.writeUInt32LE(value, entry + at);
  return copy;
}

test('members over each other, sizes that are not there, and what is encrypted or packed otherwise', async () => {
  const whole = zip({ 'a.py': 'aaaa\n'.repeat(99), 'b.py': 'b\n'.repeat(99) });
  const told = async (bytes: Buffer) => (await read('x.zip', bytes)).problems.join('\n');
  assert.match(await told(patched(whole, 42, 0, 1)), /^expands: FILE .*members lie over each other/);
  assert.match(
    await told(patched(whole, 24, 100)),
    /^corrupt: FILE: a.py is damaged: it has more than the 100/,
  );
  assert.match(await told(patched(whole, 24, 9999)), /^truncated: FILE: a.py is damaged: it has 495 of 9999/);
  const flags = patched(whole, 8, 0x801 | (8 << 16));
  assert.match(await told(flags), /^unreadable: FILE: members that are encrypted are not read: 1, .* a.py/);
  assert.match(
    await told(patched(whole, 8, 0x800 | (14 << 16))),
    /members that are packed by the method 14 are not read: 1, .* a.py/,
  );
  const bomb = zip({ 'a.py': Buffer.alloc(20 << 20, 0x20), 'b.py': 'b\n' });
  const kept = await read('x.zip', patched(bomb, 24, 3 << 20));
  assert.match(kept.problems.join(), /^corrupt: FILE: a.py is damaged: it has more than the 3145728 bytes/);
});

test('what the disk fails with is no damage of the archive', async () => {
  const bytes = zip({ 'a.py': 'a\n'.repeat(300_000), 'b.py': 'b\n' }, 'no');
  for (let nGood = 0; nGood < 4; nGood++) {
    let nReads = 0;
    const source = {
      byteLength: bytes.length,
      read: async (position: number, nBytes: number) => {
        if (nReads++ === nGood) throw new EnvironmentError('the disk is broken');
        return bytes.subarray(position, position + nBytes);
      },
    };
    const options = { signal, onBytes: () => {}, onProblem: () => assert.fail() };
    const context = {
      shard: { name: 'x', path: 'x' },
      options,
      unread: { add() {} },
      unreadOf: undefined,
      isInXz: false,
    };
    await assert.rejects(async () => {
      await surveyZip(source, context);
      for await (const member of zipMembers(source, context)) for await (const _ of member.read());
    }, /the disk is broken/);
  }
});

test('reading ends when it is asked to', async () => {
  const path = join(scratchFolder(), 'x.zip');
  writeFileSync(path, zip({ 'a.py': 'a\n', 'b.py': 'b\n' }));
  const abort = new AbortController();
  const documents = readArchive(listShards([path])[0]!, {
    signal: abort.signal,
    onBytes: () => {},
    onProblem: () => {},
  });
  await assert.rejects(
    async () => {
      for await (const _ of documents) abort.abort();
    },
    { code: 'cancelled' },
  );
});
