// Rows of a Zstandard shard of many frames are opened from the frame that they stand in: what lies before it may be gone.

import assert from 'node:assert/strict';
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { constants, zstdCompressSync } from 'node:zlib';
import { readBytes } from '../../../server/corpus/byte-stream.ts';
import { standardColumns } from '../../../server/corpus/columns.ts';
import { reopenRows } from '../../../server/corpus/reopen-rows.ts';
import { listShards, type Shard } from '../../../server/corpus/shard.ts';
import { ZstdFrames } from '../../../server/corpus/zstd-frames.ts';
import type { RestartPoint } from '../../../server/engine/detection.ts';
import { scratchFolder } from '../../support/scratch.ts';

const folder = scratchFolder();
const { signal } = new AbortController();
const quiet = { signal, onBytes() {}, onProblem() {} };

const MIB = 1 << 20;
const rows = Array.from(
  { length: 12 },
  (_, i) => `${JSON.stringify({ content: `${i} `.repeat(MIB / 2) })}\n`,
);
const offsets = rows.map((_, i) => Buffer.byteLength(rows.slice(0, i).join('')));

async function pointsOf(shard: Shard): Promise<readonly RestartPoint[]> {
  const points: RestartPoint[] = [];
  const bytes = readBytes(shard, { ...quiet, onBlockStart: (point) => points.push(point) });
  for await (const _ of bytes);
  return points;
}

async function contentOf(shard: Shard, row: number, restarts: readonly RestartPoint[]) {
  const place = { row, byteOffset: offsets[row]!, path: '' };
  const options = {
    columns: standardColumns,
    restarts: restarts.map((point) => ({ byteOffset: point.byteOffset, open: () => point })),
    signal,
    onProgress() {},
  };
  for await (const { text } of reopenRows(shard, [place], options))
    return text && Buffer.from(text).toString();
  return undefined;
}

test('rows of many frames are opened without what lies before', async () => {
  const path = join(folder, 'frames.jsonl.zst');
  // Frames end in the middle of rows, too, and some where a piece of output ends.
  const text = Buffer.from(rows.join(''));
  const pieces = Array.from({ length: 40 }, (_, i) =>
    text.subarray((i * text.length) / 40, ((i + 1) * text.length) / 40),
  );
  writeFileSync(path, Buffer.concat(pieces.map((piece) => zstdCompressSync(piece))));
  const [shard] = listShards([path]);
  const points = await pointsOf(shard!);
  assert(points.length >= 2, `${points.length} points`);
  for (const row of [0, 5, 11]) assert.equal(await contentOf(shard!, row, points), `${row} `.repeat(MIB / 2));
  // The first bytes tell what a file is; everything behind them up to the last row's frame is overwritten.
  const start = points.findLast(({ byteOffset }) => byteOffset <= offsets[11]!)!;
  writeFileSync(path, readFileSync(path).fill(0, 16, start.diskOffset));
  assert.equal(statSync(path).size, shard!.nBytes);
  assert.equal(await contentOf(shard!, 11, points), '11 '.repeat(MIB / 2));
  assert.notEqual(await contentOf(shard!, 11, []), '11 '.repeat(MIB / 2));
});

test('frames are found wherever the input is cut', () => {
  const texts = ['one', 'two', 'x'.repeat(200_000), '', 'a'.repeat(300), 'three'].map((text) =>
    Buffer.from(text),
  );
  const own = Buffer.from('\x5a\x2a\x4d\x18\x03\0\0\0own', 'latin1');
  const params = { [constants.ZSTD_c_checksumFlag]: 1 };
  const frames = texts.map((text, i) => zstdCompressSync(text, i % 2 === 0 ? { params } : {}));
  const all = Buffer.concat([...frames.slice(0, 3), own, ...frames.slice(3)]);
  const expected = frames
    .slice(1)
    .map((_, i) => [
      Buffer.concat([...frames.slice(0, i + 1), ...(i >= 2 ? [own] : [])]).length,
      Buffer.concat(texts.slice(0, i + 1)).length,
    ]);
  for (const nBytes of [1, 2, 7, frames[0]!.length, all.length]) {
    const found: number[][] = [];
    const reader = new ZstdFrames((...place) => found.push(place));
    for (let at = 0; at < all.length; at += nBytes) reader.pass(all.subarray(at, at + nBytes));
    assert.deepEqual(found, expected, `${nBytes} bytes at once`);
  }
});

test('bytes of any kind end the search', () => {
  const found: number[] = [];
  const reader = new ZstdFrames((at) => found.push(at));
  const frame = zstdCompressSync(Buffer.from('text'));
  reader.pass(Buffer.concat([frame, Buffer.alloc(100, 1), frame]));
  assert.deepEqual(found, []);
});
