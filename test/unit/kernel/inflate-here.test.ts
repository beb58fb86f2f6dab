// Decompressing on the scan thread gives what Node's pool gives, for whole and damaged streams.

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import type { DataProblem } from '../../../protocol/errors.ts';
import { readBytes } from '../../../server/corpus/byte-stream.ts';
import { inflateHere } from '../../../server/corpus/inflate-here.ts';
import { listShards } from '../../../server/corpus/shard.ts';
import { seededRandom } from '../../oracle/seeded-random.ts';
import { runs } from '../../support/in-ci.ts';
import { scratchFolder } from '../../support/scratch.ts';

const folder = scratchFolder();
const path = join(folder, 'shard.json.gz');

/** Letters that hardly, well or extremely well compress. */
function letters(nBytes: number, nLetters: number): Buffer {
  const random = seededRandom(nBytes + nLetters);
  return Buffer.from(Uint8Array.from({ length: nBytes }, () => 0x61 + random(nLetters)));
}

async function read(inflateOn: 'this-thread' | 'pool') {
  const problems: DataProblem[] = [];
  const parts: Buffer[] = [];
  let diskBytes = 0;
  const chunks = readBytes(listShards([path])[0]!, {
    signal: new AbortController().signal,
    onBytes: (n) => {
      diskBytes += n;
    },
    onProblem: (problem) => void problems.push(problem),
    into: inflateOn === 'this-thread' ? Buffer.alloc(1 << 20) : undefined,
  });
  for await (const chunk of chunks) parts.push(Buffer.from(chunk));
  return { bytes: Buffer.concat(parts), problems, diskBytes };
}

async function assertSame(stream: Buffer): Promise<void> {
  writeFileSync(path, stream);
  const here = await read('this-thread');
  const pool = await read('pool');
  assert.ok(here.bytes.equals(pool.bytes), `${here.bytes.length} bytes instead of ${pool.bytes.length}`);
  assert.deepEqual(here.problems, pool.problems);
  assert.ok(here.diskBytes <= stream.length, 'disk bytes count once');
}

const member = fc.record({
  nBytes: fc.oneof(fc.nat(200), fc.nat(1_500_000)),
  nLetters: fc.constantFrom(1, 4, 26),
  level: fc.constantFrom(0, 1, 9),
});
const damage = fc.oneof(
  fc.constant({ kind: 'none' as const }),
  fc.record({ kind: fc.constantFrom('cut', 'flip'), where: fc.double({ min: 0, max: 0.999, noNaN: true }) }),
  fc.record({ kind: fc.constant('tail' as const), bytes: fc.uint8Array({ minLength: 1, maxLength: 40 }) }),
);

test('one or many members, whole, cut, corrupt or with a tail: the same bytes and problems as from the pool', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(member, { minLength: 1, maxLength: 4 }), damage, async (members, wrong) => {
      const stream = Buffer.concat(
        members.map(({ nBytes, nLetters, level }) => gzipSync(letters(nBytes, nLetters), { level })),
      );
      if ('bytes' in wrong) return assertSame(Buffer.concat([stream, wrong.bytes]));
      if (!('where' in wrong)) return assertSame(stream);
      const at = Math.floor(wrong.where * stream.length);
      if (wrong.kind === 'cut') return assertSame(stream.subarray(0, at));
      stream[at]! ^= 0x10;
      return assertSame(stream);
    }),
    { numRuns: runs(50) },
  );
});

test('a member that ends where a piece of input ends is followed by the next', async () => {
  const first = gzipSync(letters(200_000, 26), { level: 0 });
  // Pieces are 128 KiB; the extra field of a header can be of any length.
  const filler = Buffer.alloc((128 << 10) - (first.length % (128 << 10)) - 20);
  const padded = Buffer.concat([
    Buffer.of(0x1f, 0x8b, 8, 4, 0, 0, 0, 0, 0, 3, filler.length & 0xff, filler.length >> 8),
    filler,
    first.subarray(10),
  ]);
  await assertSame(Buffer.concat([padded, gzipSync('second'), gzipSync(letters(900_000, 4))]));
});

test('zeros behind a stream end it, wherever pieces of input end', async () => {
  const text = letters(300_000, 26);
  const stream = gzipSync(text);
  const toBoundary = (128 << 10) - (stream.length % (128 << 10));
  for (const nZeros of [1, toBoundary - 1, toBoundary, toBoundary + 1, 500_000]) {
    await assertSame(Buffer.concat([stream, Buffer.alloc(nZeros), gzipSync('more')]));
    assert.ok((await read('pool')).bytes.equals(text));
  }
});

test('a whole stream is never left to the pool, and all its pieces come in one buffer', async () => {
  const text = letters(5_000_000, 26);
  const stream = Buffer.concat([gzipSync(text), gzipSync(text)]);
  async function* source() {
    for (let at = 0; at < stream.length; at += 100_000) yield stream.subarray(at, at + 100_000);
  }
  const buffers = new Set<ArrayBufferLike>();
  const hash = createHash('sha256');
  for await (const { pieces } of inflateHere(source())) {
    for (const piece of pieces.filter(({ length }) => length > 0)) {
      buffers.add(piece.buffer);
      hash.update(piece);
    }
  }
  assert.equal(hash.digest('hex'), createHash('sha256').update(text).update(text).digest('hex'));
  assert.equal(buffers.size, 1);
});
