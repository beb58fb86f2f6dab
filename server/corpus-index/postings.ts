// The lists of an index: for each key the documents that hold a window of it, sorted by key and cut into buckets by its
// first bits. docs/index-format.md says the same in words.

import { crc32 } from 'node:zlib';
import { BitReader, BitWriter } from './bits.ts';

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

export interface PostingsShape {
  /** Bits of each key that are kept, those of its bucket among them. */
  readonly hashBits: number;
  readonly bucketBits: number;
  /** Numbers of documents are below it. */
  readonly nDocuments: number;
}

const riceBits = ({ hashBits, bucketBits }: PostingsShape): number =>
  Math.max(0, hashBits - bucketBits - LISTS_A_BUCKET_BITS);

/** `nExpected` postings of the whole index, `nHere` of this segment at most, over `nDocuments`. */
export function shapeFor(nExpected: number, nHere: number, nDocuments: number): PostingsShape {
  // `bitsOf` rounds up.
  const bucketBits = Math.max(0, Math.min(26, bitsOf(nHere) - 1 - LISTS_A_BUCKET_BITS));
  const wanted = Math.ceil(Math.log2(Math.max(1, nExpected, nHere)) + 7.5);
  const hashBits = Math.min(RECORD_HASH_BITS, bucketBits + MAX_REST_BITS, Math.max(wanted, LEAST_HASH_BITS));
  return { hashBits, bucketBits, nDocuments: Math.max(1, nDocuments) };
}

/** So many bits number `n` things. */
const bitsOf = (n: number) => Math.ceil(Math.log2(Math.max(1, n)));

/** Number of the bucket of a key, whose upper 32 bits are `high`. */
export const bucketOf = ({ bucketBits }: PostingsShape, high: number): number =>
  bucketBits === 0 ? 0 : high >>> (32 - bucketBits);

/** The kept bits of a key behind its bucket's; of `low` the upper eight bits count. */
export function restOf({ bucketBits, hashBits }: PostingsShape, high: number, low: number): number {
  const upper = bucketBits === 0 ? high : (high << bucketBits) | (low >>> (32 - bucketBits));
  return hashBits === bucketBits ? 0 : upper >>> (32 - (hashBits - bucketBits));
}

/** Checksum and number of lists. */
const BUCKET_HEAD_BYTES = 8;

/** Takes records in order of their keys and gives whole buckets. */
export class BucketWriter {
  readonly #shape: PostingsShape;
  readonly #emit: (head: Uint8Array, lists: Uint8Array) => void;
  readonly #head = Buffer.alloc(BUCKET_HEAD_BYTES);
  readonly #rice: number;
  readonly #bits = new BitWriter();
  #bucket = 0;
  #nLists = 0;
  #lastRest = 0;
  #rest = -1;
  /** Those of the list that is being read: their first `#nDocuments`. */
  #documents = new Uint32Array(64);
  #nDocuments = 0;
  #isInOrder = true;
  nPostings = 0;

  constructor(shape: PostingsShape, emit: (head: Uint8Array, lists: Uint8Array) => void) {
    this.#shape = shape;
    this.#emit = emit;
    this.#rice = riceBits(shape);
  }

  /** Two words a record, as spill.ts has them. */
  addAll(words: Uint32Array): void {
    const shape = this.#shape;
    for (let i = 0; i < words.length; i += 2) {
      const low = words[i]!;
      const high = words[i + 1]!;
      const bucket = bucketOf(shape, high);
      const rest = restOf(shape, high, low);
      if (bucket !== this.#bucket || rest !== this.#rest) {
        this.#endList();
        while (this.#bucket < bucket) this.#endBucket();
        this.#rest = rest;
      }
      this.#addDocument(low & (MAX_DOCUMENTS - 1));
    }
  }

  #addDocument(document: number): void {
    const n = this.#nDocuments++;
    if (n === this.#documents.length) {
      const grown = new Uint32Array(2 * n);
      grown.set(this.#documents);
      this.#documents = grown;
    }
    if (n > 0 && document <= this.#documents[n - 1]!) this.#isInOrder = false;
    this.#documents[n] = document;
  }

  end(): void {
    this.#endList();
    while (this.#bucket < 2 ** this.#shape.bucketBits) this.#endBucket();
  }

  #endList(): void {
    if (this.#nDocuments === 0) return;
    if (!this.#isInOrder) this.#bringInOrder();
    const documents = this.#documents;
    const n = this.#nDocuments;
    this.nPostings += n;
    const bits = this.#bits;
    let before = documents[0]!;
    bits.writeRice(this.#nLists++ === 0 ? this.#rest : this.#rest - this.#lastRest - 1, this.#rice);
    bits.writeBelow(before, this.#shape.nDocuments);
    for (let i = 1; i < n; i++) {
      bits.write(1, 1);
      bits.writeShort(documents[i]! - before - 1);
      before = documents[i]!;
    }
    bits.write(0, 1);
    this.#lastRest = this.#rest;
    this.#nDocuments = 0;
    this.#isInOrder = true;
  }

  /** Keys that are equal in the bits that are kept may come mixed. */
  #bringInOrder(): void {
    const distinct = Uint32Array.from(new Set(this.#documents.subarray(0, this.#nDocuments))).sort();
    this.#documents.set(distinct);
    this.#nDocuments = distinct.length;
  }

  #endBucket(): void {
    const lists = this.#bits.take();
    const head = this.#head;
    head.writeUInt32LE(crc32(lists, checksumSeed(this.#bucket, this.#nLists)), 0);
    head.writeUInt32LE(this.#nLists, 4);
    // An empty one is no bytes at all.
    if (this.#nLists === 0) this.#emit(lists, lists);
    else this.#emit(head, lists);
    this.#bucket++;
    this.#nLists = 0;
    this.#rest = -1;
  }
}

/** A bucket's number and count are in its checksum. A damaged count may be any of 32 bits. */
const checksumSeed = (bucket: number, nLists: number): number => (bucket ^ nLists) >>> 0;

/** Whether these are the bytes that were written for this bucket. */
export function isWholeBucket(bytes: Buffer, bucket: number): boolean {
  if (bytes.length === 0) return true;
  if (bytes.length <= BUCKET_HEAD_BYTES) return false;
  const lists = bytes.subarray(BUCKET_HEAD_BYTES);
  return crc32(lists, checksumSeed(bucket, bytes.readUInt32LE(4))) === bytes.readUInt32LE(0);
}

/** The record's words of a key that was read, with its first bits alone. */
export function keyOf({ bucketBits, hashBits }: PostingsShape, bucket: number, rest: number) {
  const kept = bucket * 2 ** (hashBits - bucketBits) + rest;
  const whole = kept * 2 ** (RECORD_HASH_BITS - hashBits);
  return { high: Math.floor(whole / 256), low: ((whole % 256) << RECORD_DOCUMENT_BITS) >>> 0 };
}

/** All postings of a bucket, in order. `visit` returns whether it wants more. */
export function readBucket(
  shape: PostingsShape,
  bytes: Buffer,
  visit: (rest: number, document: number) => boolean,
): void {
  if (bytes.length === 0) return;
  const bits = new BitReader(bytes.subarray(BUCKET_HEAD_BYTES));
  const rice = riceBits(shape);
  let rest = -1;
  for (let left = bytes.readUInt32LE(4); left > 0; left--) {
    rest += bits.readRice(rice) + 1;
    let document = bits.readBelow(shape.nDocuments);
    if (!visit(rest, document)) return;
    while (bits.read(1) === 1) {
      document += bits.readShort() + 1;
      if (!visit(rest, document)) return;
    }
  }
}
