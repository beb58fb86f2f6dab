// Reading a gzip stream from its middle: from every restart point of many kinds of stream the rest comes out
// as it stood there, to the last byte, over the ends of members too.

import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { constants, createGunzip, gzipSync } from 'node:zlib';
import { BlockStarts } from '../../../server/corpus/block-starts.ts';
import { inflate } from '../../../server/corpus/inflate.ts';
import { CannotInflateHere, inflateHere } from '../../../server/corpus/inflate-here.ts';
import { openShardFile } from '../../../server/corpus/open-shard.ts';
import { restartGzip } from '../../../server/corpus/restart-gzip.ts';
import { type RestartPoint, watchForRestarts } from '../../../server/corpus/restart-point.ts';
import { inCi, someOf } from '../../support/in-ci.ts';
import { scratchFolder } from '../../support/scratch.ts';

const folder = scratchFolder();

/** Text with the statistics of source code: words of a vocabulary, some of them new. */
function text(nBytes: number, seed = 1): Buffer {
  let state = seed;
  const next = (n: number) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * n);
  };
  const words = Array.from({ length: 3000 }, () => Math.floor(next(2 ** 31)).toString(36));
  const parts: string[] = [];
  for (let n = 0; n < nBytes; ) {
    const word = next(20) === 0 ? next(2 ** 31).toString(36) : words[Math.floor(next(55) ** 2)]!;
    const part = word + (next(8) === 0 ? '\n' : ' ');
    parts.push(part);
    n += part.length;
  }
  return Buffer.from(parts.join('')).subarray(0, nBytes);
}

async function pointsOf(zipped: Buffer, everyBytes: number, pieceBytes: number): Promise<RestartPoint[]> {
  const points: RestartPoint[] = [];
  const watch = watchForRestarts((point) => points.push(point), everyBytes);
  const source = async function* () {
    for (let at = 0; at < zipped.length; at += pieceBytes) yield zipped.subarray(at, at + pieceBytes);
  };
  let nOut = 0;
  for await (const { diskBytes, pieces } of inflate(source(), createGunzip())) {
    for (const piece of pieces) nOut += piece.length;
    watch(diskBytes, nOut, pieces);
  }
  return points;
}

/** The blocks that an index would note. A stream that only the pool can read ends the list. */
async function blocksOf(zipped: Buffer, everyBytes: number, pieceBytes: number): Promise<RestartPoint[]> {
  const points: RestartPoint[] = [];
  // A window is overwritten by the next.
  using blocks = new BlockStarts(
    ({ window, ...point }) => points.push({ ...point, window: Uint8Array.from(window) }),
    everyBytes,
  );
  const source = async function* () {
    for (let at = 0; at < zipped.length; at += pieceBytes) yield zipped.subarray(at, at + pieceBytes);
  };
  try {
    for await (const _ of inflateHere(source(), { blocks }));
  } catch (error) {
    if (!(error instanceof CannotInflateHere)) throw error;
  }
  return points;
}

/** How many of the points could be used; each must then give the rest exactly. */
async function check(
  name: string,
  plain: Buffer,
  zipped: Buffer,
  { pieceBytes = 20_000, everyBytes = 75_000 } = {},
) {
  const path = join(folder, name);
  writeFileSync(path, zipped);
  const points = await pointsOf(zipped, everyBytes, pieceBytes);
  const blocks = await blocksOf(zipped, everyBytes, pieceBytes);
  await using file = await openShardFile({ path, nBytes: zipped.length });
  let nUsed = 0;
  for (const point of [...points, ...blocks]) {
    const bytes = await restartGzip(file, point);
    if (!bytes) continue;
    if (point.nBits === undefined) nUsed++;
    let at = point.byteOffset;
    for await (const piece of bytes) {
      assert(plain.subarray(at, at + piece.length).equals(piece), `${name} at ${at}`);
      at += piece.length;
    }
    assert.equal(at, plain.length, `${name} from ${point.byteOffset}`);
  }
  return { nPoints: points.length, nUsed, nBlocks: blocks.length };
}

const plain = text(3 << 19);

for (const level of [1, 6, 9]) {
  test(`every point of a stream at level ${level} can be used`, async () => {
    for (const pieceBytes of someOf([20_000, 32_768, 15_668], 3)) {
      const { nPoints, nUsed, nBlocks } = await check(
        `level-${level}.gz`,
        plain,
        gzipSync(plain, { level }),
        {
          pieceBytes,
        },
      );
      assert(nPoints > 5 && nBlocks > 5, `${nPoints} points, ${nBlocks} blocks`);
      // One may stand after the last symbol, where nothing is left.
      assert(nUsed >= nPoints - 1, `${nUsed} of ${nPoints}`);
    }
  });
}

test('the rest of a file with many members comes out too', async () => {
  const sizes = [1 << 18, 1 << 19, 5000, 1 << 19, 70_000];
  const parts: Buffer[] = [];
  let at = 0;
  for (const size of sizes) {
    parts.push(gzipSync(plain.subarray(at, at + size)));
    at += size;
  }
  const { nPoints, nUsed } = await check('members.gz', plain.subarray(0, at), Buffer.concat(parts));
  assert(nUsed > nPoints * 0.8, `${nUsed} of ${nPoints}`);
});

test('streams of other encoders: never wrong, whether a point can be used or not', async () => {
  const streams: readonly (readonly [string, Buffer])[] = [
    ['fixed.gz', gzipSync(plain, { strategy: constants.Z_FIXED })],
    ['huffman.gz', gzipSync(plain, { strategy: constants.Z_HUFFMAN_ONLY })],
    ['rle.gz', gzipSync(plain, { strategy: constants.Z_RLE })],
    ['small-window.gz', gzipSync(plain, { windowBits: 9 })],
    ['low-memory.gz', gzipSync(plain, { memLevel: 1 })],
    ['stored.gz', gzipSync(plain, { level: 0 })],
  ];
  const used = new Map<string, number>();
  for (const [name, zipped] of streams) {
    const { nPoints, nUsed } = await check(name, plain, zipped, {
      pieceBytes: 40_000,
      everyBytes: inCi ? 250_000 : 500_000,
    });
    used.set(name, nUsed / nPoints);
  }
  for (const name of ['huffman.gz', 'rle.gz', 'small-window.gz', 'low-memory.gz']) {
    assert(used.get(name)! > 0.8, `${name} ${used.get(name)}`);
  }
});
