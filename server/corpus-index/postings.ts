// The lists of an index: for each key the documents that hold a window of it, sorted by key and cut into buckets by its
// first bits. docs/index-format.md says the same in words; the kernel writes them (wasm/bucket-lists.ts).

import { crc32 } from 'node:zlib';
import type { BucketShape } from '../kernel/posting-kernel.ts';
import { BitReader } from './bits.ts';

/** A key's bits that are kept at most, and a document's: together a record of 64 bits. */
const RECORD_HASH_BITS = 40;
const RECORD_DOCUMENT_BITS = 24;
export const MAX_DOCUMENTS = 2 ** RECORD_DOCUMENT_BITS;

/** Lists in a bucket at least, as a power of two: a bucket is some 600 bytes. */
const LISTS_A_BUCKET_BITS = 7;
/** The bits of a key behind those of its bucket are one word. */
export const MAX_REST_BITS = 32;
/** Even of a small segment: merged with a large one, it decides how well keys are told apart. */
const LEAST_HASH_BITS = 30;
/**
 * So many bits more than number the keys of an index: one of 720 other keys then seems to be there, and a document is opened
 * for nothing. A bit is a thousandth of the text.
 */
const MARGIN_BITS = 9.5;

/** `nExpected` postings of the whole index, `nHere` of this segment at most, over `nDocuments`. */
export function shapeFor(nExpected: number, nHere: number, nDocuments: number): BucketShape {
  // `bitsOf` rounds up.
  const bucketBits = Math.max(0, Math.min(26, bitsOf(nHere) - 1 - LISTS_A_BUCKET_BITS));
  const wanted = Math.round(Math.log2(Math.max(1, nExpected, nHere)) + MARGIN_BITS);
  const hashBits = Math.min(RECORD_HASH_BITS, bucketBits + MAX_REST_BITS, Math.max(wanted, LEAST_HASH_BITS));
  return { hashBits, bucketBits, nDocuments: Math.max(1, nDocuments) };
}

/** So many bits number `n` things. */
const bitsOf = (n: number) => Math.ceil(Math.log2(Math.max(1, n)));

/** Number of the bucket of a key, whose upper 32 bits are `high`. */
export const bucketOf = ({ bucketBits }: BucketShape, high: number): number =>
  bucketBits === 0 ? 0 : high >>> (32 - bucketBits);

/** The kept bits of a key behind its bucket's; of `low` the upper eight bits count. */
export function restOf({ bucketBits, hashBits }: BucketShape, high: number, low: number): number {
  const upper = bucketBits === 0 ? high : (high << bucketBits) | (low >>> (32 - bucketBits));
  return hashBits === bucketBits ? 0 : upper >>> (32 - (hashBits - bucketBits));
}

const CHECKSUM_BYTES = 4;

/** Whether these are the bytes that were written for this bucket; an empty one is no bytes at all. */
export function isWholeBucket(bytes: Buffer, bucket: number): boolean {
  if (bytes.length === 0) return true;
  if (bytes.length <= CHECKSUM_BYTES) return false;
  return crc32(bytes.subarray(CHECKSUM_BYTES), bucket) === bytes.readUInt32LE(0);
}

/** The record's words of a key that was read, with its first bits alone. */
export function keyOf({ bucketBits, hashBits }: BucketShape, bucket: number, rest: number) {
  const kept = bucket * 2 ** (hashBits - bucketBits) + rest;
  const whole = kept * 2 ** (RECORD_HASH_BITS - hashBits);
  return { high: Math.floor(whole / 256), low: ((whole % 256) << RECORD_DOCUMENT_BITS) >>> 0 };
}

/** All postings of a bucket, in order. `visit` returns whether it wants more. Throws a `RangeError` behind the end. */
export function readBucket(
  { hashBits, bucketBits, nDocuments }: BucketShape,
  bytes: Buffer,
  visit: (rest: number, document: number) => boolean,
): void {
  if (bytes.length === 0) return;
  const bits = new BitReader(bytes.subarray(CHECKSUM_BYTES));
  const nLists = bits.readVarint();
  let nLonger = bits.readVarint();
  if (nLists === 0) return;
  const listBits = Math.max(0, hashBits - bucketBits - 1 - floorLog(nLists));
  const runBits = nLonger === 0 ? 0 : floorLog(Math.max(1, nLists / nLonger));
  /** Lists up to the next one that has more than one document. */
  let untilLonger = nLonger > 0 ? bits.readRice(runBits) : -1;
  const endOfRests = 2 ** (hashBits - bucketBits);
  let rest = -1;
  for (let list = 0; list < nLists; list++) {
    rest += bits.readRice(listBits) + 1;
    if (rest >= endOfRests) throw new RangeError('A key of the index is in no bucket');
    let document = bits.readBelow(nDocuments);
    if (!visit(rest, document)) return;
    if (untilLonger-- !== 0) continue;
    for (let left = bits.readShort() + 1; left > 0; left--) {
      document += bits.readShort() + 1;
      if (!visit(rest, document)) return;
    }
    untilLonger = --nLonger > 0 ? bits.readRice(runBits) : -1;
  }
}

const floorLog = (n: number) => 31 - Math.clz32(n);
