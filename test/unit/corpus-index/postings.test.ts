// Lists of an index: what is written of any records is read again, and records come in order however they lie.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  BucketWriter,
  isWholeBucket,
  keyOf,
  MAX_DOCUMENTS,
  type PostingsShape,
  readBucket,
  restOf,
  shapeFor,
} from '../../../server/corpus-index/postings.ts';
import { RecordBuffer } from '../../../server/corpus-index/record-buffer.ts';

interface Posting {
  readonly high: number;
  readonly low: number;
}

const numberOf = ({ high, low }: Posting) => (BigInt(high) << 32n) | BigInt(low);
const inOrder = (postings: readonly Posting[]) =>
  postings.toSorted((a, b) => Number(numberOf(a) > numberOf(b)) - Number(numberOf(a) < numberOf(b)));

function sorted(postings: readonly Posting[]): Posting[] {
  const buffer = new RecordBuffer();
  for (const { high, low } of postings) buffer.add(low, high);
  const words = buffer.sorted();
  return Array.from({ length: words.length / 2 }, (_, i) => ({
    low: words[2 * i]!,
    high: words[2 * i + 1]!,
  }));
}

/** All postings that are read out of what was written. */
function written(shape: PostingsShape, postings: readonly Posting[]) {
  const buckets: Buffer[] = [];
  const writer = new BucketWriter(shape, (head, lists) => void buckets.push(Buffer.concat([head, lists])));
  writer.addAll(Uint32Array.from(inOrder(postings).flatMap(({ high, low }) => [low, high])));
  writer.end();
  const read: string[] = [];
  for (const [bucket, bytes] of buckets.entries()) {
    assert(isWholeBucket(bytes, bucket));
    readBucket(shape, bytes, (rest, document) => {
      const { high, low } = keyOf(shape, bucket, rest);
      read.push(`${high} ${low >>> 24} ${document}`);
      return true;
    });
  }
  assert.equal(buckets.length, 2 ** shape.bucketBits);
  assert.equal(read.length, writer.nPostings);
  return read;
}

const document = fc.integer({ min: 0, max: 40 });
const word = fc.oneof(fc.integer({ min: 0, max: 2 ** 32 - 1 }), fc.constantFrom(0, 1, 2 ** 32 - 1, 2 ** 31));
const posting = fc
  .record({ high: word, upper: fc.integer({ min: 0, max: 255 }), document })
  .map(({ high, upper, document: n }) => ({ high, low: ((upper << 24) | n) >>> 0 }));
const postingsOf = fc.array(posting, { maxLength: 300 });

test('records come in order of their keys, then their documents', () => {
  fc.assert(
    fc.property(postingsOf, (postings) => assert.deepEqual(sorted(postings), inOrder(postings))),
    { numRuns: 200 },
  );
});

test('records whose keys were chosen to fall together are sorted all the same', () => {
  const falling = Array.from({ length: 3000 }, (_, i) => ({ high: 3000 - i, low: i }));
  assert.deepEqual(sorted(falling), inOrder(falling));
});

test('what is written is read again, each document of a key once', () => {
  fc.assert(
    fc.property(postingsOf, fc.integer({ min: 0, max: 1e6 }), (postings, nExpected) => {
      const shape = shapeFor(nExpected, postings.length, 41);
      const kept = (one: Posting) => {
        const bucket = shape.bucketBits === 0 ? 0 : one.high >>> (32 - shape.bucketBits);
        const key = keyOf(shape, bucket, restOf(shape, one.high, one.low));
        return `${key.high} ${key.low >>> 24} ${one.low % MAX_DOCUMENTS}`;
      };
      assert.deepEqual(written(shape, postings).sort(), [...new Set(postings.map(kept))].sort());
    }),
    { numRuns: 200 },
  );
});
