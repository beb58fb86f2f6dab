// Writes the lists of an index: sorted records become buckets of keys with their documents, in as few bits as they need.
// docs/index-format.md says in words what is written; server/corpus-index/postings.ts reads it.

import { checksum } from "./checksum";

/** Bits that a document's number takes in a record, and what is kept of a key above it. */
const DOCUMENT_BITS: u32 = 24;
const KEY_BITS: u32 = 40;
const CHECKSUM_BYTES: u32 = 4;
/** A record in the worst case, and what a bucket has beside its records. */
const MOST_RECORD_BYTES: usize = 16;
const MOST_BUCKET_BYTES: usize = 64;

// What is being written: bits, the lowest of a byte first. Whole bytes are out, so up to seven bits are held.
let out: usize = 0;
let held: u64 = 0;
let nHeld: u64 = 0;

let nDocuments: u32 = 0;
let bucketBits: u32 = 0;
let restBits: u32 = 0;

/** Records that were passed by `writeBuckets`, distinct ones among them, and whole buckets that it wrote. */
let nRead: u32 = 0;
let nWritten: u32 = 0;
let nBuckets: u32 = 0;

export function recordsRead(): u32 { return nRead; }
export function postingsWritten(): u32 { return nWritten; }
export function bucketsWritten(): u32 { return nBuckets; }

/** Of a key `hashBits` bits are kept, the first `bucketBits` of which are its bucket's number. */
export function beginBuckets(hashBits: u32, ofBucket: u32, documents: u32): void {
  bucketBits = ofBucket;
  restBits = hashBits - ofBucket;
  nDocuments = documents;
}

// @ts-ignore: decorator
@inline function record(at: usize, i: u32): u64 { return load<u64>(at + (<usize>i << 3)); }

/**
 * Writes the buckets from number `first` up to `end` to `to`, from `n` sorted records of theirs at `at`; `ends` takes the
 * end of each as a word, from `to`. Stops before a bucket for which `room` bytes are too few; `ordinals` is room for
 * as many words as there are records.
 */
export function writeBuckets(
  at: usize, n: u32, first: u32, end: u32, to: usize, room: usize, ends: usize, ordinals: usize,
): void {
  const start = to;
  out = to;
  nRead = nWritten = nBuckets = 0;
  for (let bucket = first; bucket < end; bucket++) {
    const from = nRead;
    let last = from;
    while (last < n && bucketOf(record(at, last)) == bucket) last++;
    if (out - start + MOST_BUCKET_BYTES + MOST_RECORD_BYTES * <usize>(last - from) > room) return;
    if (last > from) {
      const before = out;
      writeBucket(at + (<usize>from << 3), last - from, ordinals);
      store<u32>(before, checksum(before + CHECKSUM_BYTES, <u32>(out - before) - CHECKSUM_BYTES, bucket));
    }
    nRead = last;
    store<u32>(ends + (<usize>(nBuckets++) << 2), <u32>(out - start));
  }
}

// @ts-ignore: decorator
@inline function bucketOf(r: u64): u32 { return bucketBits ? <u32>(r >> <u64>(64 - bucketBits)) : 0; }

// @ts-ignore: decorator
@inline function restOf(r: u64): u32 {
  return <u32>((r >> <u64>(DOCUMENT_BITS + KEY_BITS - bucketBits - restBits)) & ((<u64>1 << <u64>restBits) - 1));
}

function writeBucket(at: usize, n: u32, ordinals: usize): void {
  // Which lists have more than one document, by their number in the bucket.
  let nLists: u32 = 0, nLonger: u32 = 0;
  for (let i: u32 = 0; i < n; nLists++) {
    const r = record(at, i);
    let isLonger = false;
    for (i++; i < n && record(at, i) >> DOCUMENT_BITS == r >> DOCUMENT_BITS; i++) isLonger = isLonger || record(at, i) != r;
    if (isLonger) store<u32>(ordinals + (<usize>(nLonger++) << 2), nLists);
  }
  out += CHECKSUM_BYTES;
  writeVarint(nLists);
  writeVarint(nLonger);
  held = nHeld = 0;
  const listBits = riceBits(restBits, nLists);
  const runBits = nLonger ? floorLog(nLists / nLonger) : 0;
  let next: u32 = 0, nextLonger: u32 = u32.MAX_VALUE;
  if (nLonger) {
    nextLonger = load<u32>(ordinals);
    writeRice(nextLonger, runBits);
  }
  let i: u32 = 0, list: u32 = 0, before: u32 = u32.MAX_VALUE;
  while (list < nLists) {
    // Up to the next list that has more than one document, and that one's first.
    const end = nextLonger < nLists ? nextLonger + 1 : nLists;
    i = writeFirsts(at, i, end - list, listBits, before);
    list = end;
    if (nextLonger >= nLists) break;
    const r = record(at, i - 1);
    before = restOf(r);
    i = writeFurther(at, i, n, r);
    next++;
    nextLonger = u32.MAX_VALUE;
    if (next < nLonger) {
      nextLonger = load<u32>(ordinals + (<usize>next << 2));
      writeRice(nextLonger - list, runBits);
    }
  }
  nWritten += nLists;
  if (nHeld) store<u8>(out++, <u8>held);
}

/**
 * Keys and first documents of `nLists` lists, from record `from` on, behind a list whose rest is `lastRest`. Returns the record
 * behind the first one of the last list. Nearly all that is written is written here: what is held is in registers, and each
 * list is one piece.
 */
function writeFirsts(at: usize, from: u32, nLists: u32, listBits: u32, lastRest: u32): u32 {
  const documentBits: u64 = floorLog(nDocuments);
  const nShort = (<u32>2 << <u32>documentBits) - nDocuments;
  let to = out;
  let bits = held, nBits = nHeld;
  let i = from;
  let before = lastRest;
  let key: u64 = u64.MAX_VALUE;
  for (let list: u32 = 0; list < nLists; list++) {
    let r = record(at, i++);
    // The same again: a document has one key once.
    while (r >> DOCUMENT_BITS == key) r = record(at, i++);
    key = r >> DOCUMENT_BITS;
    const rest = restOf(r);
    const gap = rest - before - 1;
    before = rest;
    // A number below `nDocuments`: the first few take one bit less than the others, whose upper bits say how many these are.
    const document = <u32>r & ((1 << DOCUMENT_BITS) - 1);
    const isLong = <u64>(document >= nShort);
    const long = document + nShort;
    let piece = select<u64>(<u64>(long >> 1) | (<u64>(long & 1) << documentBits), document, isLong != 0);
    let nPiece = documentBits + isLong;
    const nOnes = gap >> listBits;
    if (nOnes + listBits < 32) {
      const nRice = <u64>(nOnes + 1 + listBits);
      const rice = (<u64>(gap & ((<u32>1 << listBits) - 1)) << <u64>(nOnes + 1)) | ((<u64>1 << <u64>nOnes) - 1);
      piece = rice | (piece << nRice);
      nPiece += nRice;
    } else {
      out = to;
      held = bits;
      nHeld = nBits;
      writeRice(gap, listBits);
      to = out;
      bits = held;
      nBits = nHeld;
    }
    bits |= piece << nBits;
    nBits += nPiece;
    store<u64>(to, bits);
    to += <usize>(nBits >> 3);
    bits >>= nBits & 56;
    nBits &= 7;
  }
  out = to;
  held = bits;
  nHeld = nBits;
  return i;
}

/** The documents of a list behind its first, whose record is `first`; returns the record behind them. */
function writeFurther(at: usize, from: u32, n: u32, first: u64): u32 {
  let nFurther: u32 = 0;
  let last = first;
  let end = from;
  for (; end < n && record(at, end) >> DOCUMENT_BITS == first >> DOCUMENT_BITS; end++) {
    if (record(at, end) != last) nFurther++;
    last = record(at, end);
  }
  writeShort(nFurther - 1);
  last = first;
  for (let i = from; i < end; i++) {
    const r = record(at, i);
    if (r != last) writeShort(<u32>(r - last) - 1);
    last = r;
  }
  nWritten += nFurther;
  return end;
}

// @ts-ignore: decorator
@inline function floorLog(n: u32): u32 { return 31 - clz(n); }

/** Numbers of `bits` bits, `n` of them in order, have distances that are written best in so many bits. */
// @ts-ignore: decorator
@inline function riceBits(bits: u32, n: u32): u32 {
  const taken: u32 = 1 + floorLog(n);
  return bits > taken ? bits - taken : 0;
}

/** `nBits` is at most 56: so many bits find room beside those that are held. */
// @ts-ignore: decorator
@inline function write(value: u64, nBits: u64): void {
  held |= value << nHeld;
  nHeld += nBits;
  store<u64>(out, held);
  out += <usize>(nHeld >> 3);
  held >>= nHeld & 56;
  nHeld &= 7;
}

/** Rice's code: the quotient as so many ones and a zero, then the rest. */
// @ts-ignore: decorator
@inline function writeRice(value: u32, nBits: u32): void {
  let nOnes = value >> nBits;
  for (; nOnes > 31; nOnes -= 31) write(0x7fffffff, 31);
  write((<u64>1 << <u64>nOnes) - 1, <u64>nOnes + 1);
  if (nBits) write(value & ((<u32>1 << nBits) - 1), nBits);
}

/** Small numbers short: three bits at a time, each with one that says whether more follow. */
function writeShort(value: u32): void {
  let rest = value;
  for (; rest > 7; rest >>= 3) write((rest & 7) | 8, 4);
  write(rest, 4);
}

/** Whole bytes of seven bits each, the lowest first. */
function writeVarint(value: u32): void {
  let rest = value;
  for (; rest >= 0x80; rest >>= 7) store<u8>(out++, <u8>(rest | 0x80));
  store<u8>(out++, <u8>rest);
}
