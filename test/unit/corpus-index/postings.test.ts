// Lists of an index: what the kernel writes of any records is read again, in order, however they come.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  isWholeBucket,
  keyOf,
  MAX_DOCUMENTS,
  readBucket,
  restOf,
  shapeFor,
} from '../../../server/corpus-index/postings.ts';
import { buildKernel } from '../../../server/kernel/build-wasm.mjs';
import { type BucketShape, type Part, PostingKernel } from '../../../server/kernel/posting-kernel.ts';
import { seededRandom } from '../../oracle/seeded-random.ts';

await buildKernel();

interface Posting {
  readonly high: number;
  readonly low: number;
}

/** All postings that are read out of what was written, by parts of `bits` bits. */
function written(shape: BucketShape, postings: readonly Posting[], bits: number): string[] {
  const kernel = new PostingKernel();
  kernel.begin(shape, 1000);
  const read: string[] = [];
  let next = 0;
  for (let number = 0; number < 2 ** bits; number++) {
    kernel.clear();
    for (const { high, low } of postings)
      if (bits === 0 || high >>> (32 - bits) === number) kernel.add(low, high);
    kernel.write({ bits, number }, (buckets, ends) => {
      for (const bytes of cut(buckets, ends)) {
        const bucket = next++;
        assert(isWholeBucket(bytes, bucket));
        assert(bytes.length === 0 || !isWholeBucket(bytes, bucket + 1));
        readBucket(shape, bytes, (rest, document) => {
          const { high, low } = keyOf(shape, bucket, rest);
          read.push(told(high, low >>> 24, document));
          return true;
        });
      }
    });
  }
  assert.equal(next, 2 ** shape.bucketBits);
  assert.equal(read.length, kernel.nPostings);
  return read;
}

const cut = (buckets: Uint8Array, ends: Uint32Array) =>
  [...ends].map((end, i) => Buffer.from(buckets.slice(ends[i - 1] ?? 0, end)));

const told = (high: number, upper: number, document: number) =>
  [high, upper, document].map((n) => String(n).padStart(10, '0')).join(' ');

/** Each posting once, by the bits of its key that are kept. */
function expected(shape: BucketShape, postings: readonly Posting[]): string[] {
  const kept = ({ high, low }: Posting) => {
    const bucket = shape.bucketBits === 0 ? 0 : high >>> (32 - shape.bucketBits);
    const key = keyOf(shape, bucket, restOf(shape, high, low));
    return told(key.high, key.low >>> 24, low % MAX_DOCUMENTS);
  };
  return [...new Set(postings.map(kept))].sort();
}

const document = fc.oneof(fc.integer({ min: 0, max: 40 }), fc.integer({ min: 0, max: 5000 }));
const word = fc.oneof(fc.integer({ min: 0, max: 2 ** 32 - 1 }), fc.constantFrom(0, 1, 2 ** 32 - 1, 2 ** 31));
const posting = fc
  .record({ high: word, upper: fc.integer({ min: 0, max: 255 }), document })
  .map(({ high, upper, document: n }) => ({ high, low: ((upper << 24) | n) >>> 0 }));

test('what is written is read again in order, each document of a key once', () => {
  fc.assert(
    fc.property(
      fc.array(posting, { maxLength: 600 }),
      fc.integer({ min: 0, max: 1e6 }),
      fc.integer({ min: 0, max: 2 }),
      (postings, nExpected, bits) => {
        const shape = shapeFor(nExpected, postings.length, 5001);
        const of = Math.min(bits, shape.bucketBits);
        assert.deepEqual(written(shape, postings, of), expected(shape, postings));
      },
    ),
    { numRuns: 150 },
  );
});

test('records whose keys were chosen to fall together are sorted all the same', () => {
  const falling = Array.from({ length: 3000 }, (_, i) => ({ high: 3000 - i, low: i }));
  const shape = shapeFor(1e6, falling.length, 3001);
  assert.deepEqual(written(shape, falling, 0), expected(shape, falling));
});

test('far more records than the bits that are kept can tell apart are sorted all the same', () => {
  const random = seededRandom(7);
  const word = () => random(2 ** 16) * 2 ** 16 + random(2 ** 16);
  const many = Array.from({ length: 3000 }, () => ({
    high: word(),
    low: ((random(256) << 24) | random(5001)) >>> 0,
  }));
  for (const hashBits of [3, 8, 11]) {
    const shape: BucketShape = { hashBits, bucketBits: 2, nDocuments: 5001 };
    for (const bits of [0, 2]) assert.deepEqual(written(shape, many, bits), expected(shape, many));
  }
});

test('a list of many documents is written and read', () => {
  const many = Array.from({ length: 20_000 }, (_, i) => ({ high: 77 << 20, low: 3 * i }));
  const shape = shapeFor(1e6, many.length, 60_001);
  assert.deepEqual(written(shape, many, 0), expected(shape, many));
});

test('records are taken by their part, and their documents numbered anew', () => {
  const shape: BucketShape = { hashBits: 40, bucketBits: 8, nDocuments: 2 ** 16 };
  const kernel = new PostingKernel();
  kernel.begin(shape, 1000);
  const bytes = new Uint8Array(3 * 6);
  // The 33 bits of a key behind those of part 37, above 15 bits of a document's number.
  for (const [i, record] of [5n, (0x1_2345_6789n << 15n) | 6n, (0x1_ffff_ffffn << 15n) | 0x7fffn].entries())
    for (let byte = 0; byte < 6; byte++) bytes[6 * i + byte] = Number((record >> BigInt(8 * byte)) & 0xffn);
  const taken = (part: Part) => {
    const read: string[] = [];
    kernel.clear();
    kernel.addAll({ n: 3, of: 37, firstDocument: 100 }, part, (memory, at) => memory.set(bytes, at));
    kernel.write(part, (buckets, ends) => {
      for (const [i, piece] of cut(buckets, ends).entries()) {
        readBucket(shape, piece, (rest, n) => {
          const { high, low } = keyOf(shape, part.number * 2 ** (shape.bucketBits - part.bits) + i, rest);
          return read.push(`${high.toString(16)} ${low >>> 24} ${n}`) > 0;
        });
      }
    });
    return read;
  };
  const of = { first: '4a000000 0 105', second: '4b234567 137 106', third: '4bffffff 255 32867' };
  assert.deepEqual(taken({ bits: 4, number: 4 }), [of.first, of.second, of.third]);
  assert.deepEqual(taken({ bits: 7, number: 37 }), [of.first, of.second, of.third]);
  // Parts of more bits than the kernel's take what is theirs.
  assert.deepEqual(taken({ bits: 8, number: 74 }), [of.first]);
  assert.deepEqual(taken({ bits: 8, number: 75 }), [of.second, of.third]);
  assert.deepEqual(taken({ bits: 0, number: 0 }), [of.first, of.second, of.third]);
});
