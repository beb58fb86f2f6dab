// Packed shards of every kind: the same rows and texts, each opens again, and what stands before damage is read.

import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { constants, gzipSync, zstdCompressSync } from 'node:zlib';
import type { DataProblem } from '../../../protocol/errors.ts';
import type { CorpusDocument } from '../../../server/corpus/corpus-document.ts';
import { readDocuments } from '../../../server/corpus/read-documents.ts';
import { reopenRow } from '../../../server/corpus/reopen-row.ts';
import { listShards } from '../../../server/corpus/shard.ts';
import { mostWindowLog } from '../../../server/corpus/unpack/zstd.ts';
import { scratchFolder } from '../../support/scratch.ts';

const folder = scratchFolder();
const signal = new AbortController().signal;
const lines = ['{"content":"first\\n"}', '{"content":"second\\n"}', '{"content":"first\\n"}'].join('\n');
const texts = ['first\n', 'second\n', 'first\n'];

/** `lines`, as the programs pack them: `bzip2`, `xz`, and `lz4` with blocks that depend on each other. */
const packed: Readonly<Record<string, Buffer>> = {
  gz: gzipSync(lines),
  zst: zstdCompressSync(lines, { params: { [constants.ZSTD_c_windowLog]: 20 } }),
  bz2: Buffer.from(
    'QlpoOTFBWSZTWUDyUgsAAB5bgAAQEAAAEAAEDyGcCiAAUKYACaDapM0mnqZtRqhkGzJ9Cm5h4Lra/K9LHEqWWpJVimoOi7kinChIIHkpBYA=',
    'base64',
  ),
  xz: Buffer.from(
    '/Td6WFoAAATm1rRGAgAhARYAAAB0L+Wj4ABBACZdAD2IiGc0BfV9UfM/SFo+3pSTaHbdQc5rOp95duEMuI/LewHNt8IAAAAAJRgomyzrzYEAAUJCELgbeh+2830BAAAAAARZWg==',
    'base64',
  ),
  lz4: Buffer.from(
    'BCJNGEBAAC8AAADwHnsiY29udGVudCI6ImZpcnN0XG4ifQp7ImNvbnRlbnQiOiJzZWNvbmRcbiJ9CgoAAAALLQBgc3RcbiJ9AAAAAA==',
    'base64',
  ),
};

async function read(name: string, bytes: Uint8Array, isReopened = true) {
  writeFileSync(join(folder, name), bytes);
  const [shard] = listShards([join(folder, name)]);
  const problems: DataProblem[] = [];
  const found: CorpusDocument[] = [];
  let nBytes = 0;
  const options = {
    signal,
    onBytes(n: number) {
      nBytes += n;
    },
    onProblem: (problem: DataProblem) => void problems.push(problem),
  };
  for await (const document of readDocuments(shard!, options)) {
    found.push(document);
  }
  for (const document of isReopened ? found : []) {
    const again = await reopenRow(shard!, document, undefined, signal);
    assert.deepEqual(again && Buffer.from(again), Buffer.from(document.text));
  }
  return { found: found.map(({ text }) => Buffer.from(text).toString()), problems, nBytes };
}

for (const [packing, bytes] of Object.entries(packed)) {
  test(`${packing}: rows, and a text`, async () => {
    for (const name of [`x.jsonl.${packing}`, `x.json.${packing}`]) {
      assert.deepEqual(await read(name, bytes), { found: texts, problems: [], nBytes: bytes.length });
    }
    assert.deepEqual((await read(`x.txt.${packing}`, bytes)).found, [lines]);
    const twice = await read(`x.jsonl.${packing}`, Buffer.concat([bytes, bytes]));
    assert.deepEqual([twice.found.length, twice.problems.length], [4, 1]);
  });

  test(`${packing}: cut, and followed by something else`, async () => {
    const cut = await read(`x.jsonl.${packing}`, bytes.subarray(0, bytes.length - 12));
    assert.deepEqual(
      cut.problems.map(({ kind }) => kind),
      ['truncated'],
    );
    for (const junk of ['\r\nEOF trailing junk', '\n', '\0'.repeat(512), `${'\0'.repeat(200_000)}x`]) {
      const followed = await read(`x.jsonl.${packing}`, Buffer.concat([bytes, Buffer.from(junk)]));
      // So much padding is none of xz, whose decoder then waits for more.
      if (packing === 'xz' && junk.length > 1000) continue;
      const isPadding = (packing === 'xz' || packing === 'gz') && junk.length === 512;
      assert.deepEqual(
        [followed.found, followed.problems.map(({ kind }) => kind)],
        [texts, isPadding ? [] : ['trailing']],
        JSON.stringify(junk.slice(-9)),
      );
    }
  });
}

test('gzip that is damaged gives all rows before the damage', async () => {
  const rows = Array.from({ length: 500 }, (_, i) => JSON.stringify({ content: `row ${i} ${Math.sin(i)}` }));
  const whole = gzipSync(rows.join('\n'));
  const spoiled = Buffer.from(whole).fill(0x55, whole.length - 800, whole.length - 700);
  const { found, problems } = await read('x.jsonl.gz', spoiled, false);
  assert.ok(found.length > 350, `${found.length} rows`);
  assert.equal(problems.at(-1)!.kind, 'corrupt');
});

test('windows of Zstandard are as large as memory allows', async () => {
  assert.equal(mostWindowLog(64e9), 31);
  assert.equal(mostWindowLog(1e9), 27);
  const long = zstdCompressSync(lines, {
    params: { [constants.ZSTD_c_windowLog]: 28, [constants.ZSTD_c_contentSizeFlag]: 0 },
  });
  assert.deepEqual((await read('x.jsonl.zst', long)).found, texts);
});
