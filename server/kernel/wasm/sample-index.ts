// What the scan knows of the samples: their distinct lines and their windows of `minLines` lines. One
// instance fills it, then all instances on the same memory read it.

import { alloc, array, Ptr } from "./memory";
import { hashWindow, hasBit, sameBytes, setBit } from "./hash";

/** No sample has this line; in the sequence, the edge of a sample. */
// @ts-ignore: decorator
@inline export const NO_LINE: u32 = 0xffffffff;

// @ts-ignore: decorator
@inline export const NO_POSITION: u32 = 0xffffffff;

/** What a byte is to the profile. */
// @ts-ignore: decorator
@inline export const WORD: u8 = 0;
// @ts-ignore: decorator
@inline export const BLANK: u8 = 1;
// @ts-ignore: decorator
@inline export const SYMBOL: u8 = 2;

@unmanaged
export class SampleIndex {
  minLines: u32;
  /** 0 is exact-1, 1 is text-1. */
  profile: u32;
  /** 0 in a scan; else how many lines a key of an index is made of (windows.ts). */
  gramLines: u32;
  seed: u64;
  hashMask: u64;
  /** The longest line of the samples, in normalised bytes: a longer one matches nothing. */
  maxLineBytes: u32;
  nLines: u32;
  nPositions: u32;
  kinds: Ptr<u8>;
  /** Normalised bytes of line `id` are at `lineAt[id]` up to `lineAt[id + 1]`. */
  bytes: usize;
  lineAt: Ptr<u32>;
  /** Line numbers of all samples, one after the other, `NO_LINE` after each. */
  sequence: Ptr<u32>;
  /** First position of each sample; one more entry for the end. */
  sampleStarts: Ptr<u32>;
  nSamples: u32;
  lineHash: Ptr<u64>;
  lineSet: Ptr<u8>; lineShift: u64;
  /** Open addressing, line number + 1. */
  lineTable: Ptr<u32>; lineTableMask: u32;
  windowSet: Ptr<u8>; windowShift: u64;
  /** Open addressing, position in the sequence + 1. */
  windowTable: Ptr<u32>; windowTableMask: u32;
}

/** Without lines yet. */
export function newIndex(minLines: u32, profile: u32, seed: u64, hashMask: u64): SampleIndex {
  const x = changetype<SampleIndex>(alloc(offsetof<SampleIndex>()));
  x.minLines = minLines;
  x.profile = profile;
  x.seed = seed;
  x.hashMask = hashMask;
  x.kinds = array<u8>(256);
  for (let c: u32 = 0; c < 256; c++) x.kinds[c] = kindOf(c, profile);
  return x;
}

/** All windows of the samples, once their lines are numbered: what a scan needs beside the lines. */
export function addWindows(x: SampleIndex): void {
  const m = x.minLines;
  const lineBits = bitsFor(x.nLines);
  x.lineSet = array<u8>(1 << (lineBits - 3));
  x.lineShift = 64 - lineBits;
  const windowBits = bitsFor(x.nPositions);
  x.windowSet = array<u8>(1 << (windowBits - 3));
  x.windowShift = 64 - windowBits;
  x.windowTableMask = tableSize(x.nPositions) - 1;
  x.windowTable = array<u32>(x.windowTableMask + 1);
  /** Hashes of the lines since the edge; the last `m` of them stay when it is full. */
  const room = m + 1024;
  const hashes = array<u64>(room);
  let n: u32 = 0;
  let nHeld: u32 = 0;
  for (let at: u32 = 0; at < x.nPositions; at++) {
    if (x.sequence[at] == NO_LINE) {
      n = nHeld = 0;
      continue;
    }
    if (nHeld == room) {
      for (let k: u32 = 0; k < m; k++) hashes[k] = hashes[room - m + k];
      nHeld = m;
    }
    hashes[nHeld++] = x.lineHash[x.sequence[at]];
    if (++n < m) continue;
    // Those before the last are in the window before, but for a sample's first.
    for (let k: u32 = n == m ? 0 : m - 1; k < m; k++) {
      setBit(x.lineSet, <u32>(hashes[nHeld - m + k] >> x.lineShift));
    }
    addWindow(x, at + 1 - m, hashWindow(hashes, nHeld - m, m) & x.hashMask);
  }
}

// @ts-ignore: decorator
@inline function addWindow(x: SampleIndex, first: u32, w: u64): void {
  setBit(x.windowSet, <u32>(w >> x.windowShift));
  let slot = <u32>w & x.windowTableMask;
  for (; x.windowTable[slot]; slot = (slot + 1) & x.windowTableMask) {
    if (sameLines(x, x.sequence, x.windowTable[slot] - 1, first)) return;
  }
  x.windowTable[slot] = first + 1;
}

/** Whether line `id` has these normalised bytes. */
// @ts-ignore: decorator
@inline export function isLine(x: SampleIndex, id: u32, at: usize, nBytes: u32): bool {
  const start = x.lineAt[id];
  return x.lineAt[id + 1] - start == nBytes && sameBytes(x.bytes + start, at, nBytes);
}

/** The number of the line with these normalised bytes, or `NO_LINE`. */
export function findLine(x: SampleIndex, at: usize, nBytes: u32, h: u64): u32 {
  for (let slot = <u32>h & x.lineTableMask; x.lineTable[slot]; slot = (slot + 1) & x.lineTableMask) {
    const id = x.lineTable[slot] - 1;
    if (x.lineHash[id] == h && isLine(x, id, at, nBytes)) return id;
  }
  return NO_LINE;
}

// @ts-ignore: decorator
@inline export function mayHoldWindow(x: SampleIndex, w: u64): bool {
  return hasBit(x.windowSet, <u32>((w & x.hashMask) >> x.windowShift));
}

/** First position in the sequence of the `minLines` lines that `lines` holds from `first`, or `NO_POSITION`. */
export function findWindow(x: SampleIndex, lines: Ptr<u32>, first: u32, w: u64): u32 {
  const mask = x.windowTableMask;
  for (let slot = <u32>(w & x.hashMask) & mask; x.windowTable[slot]; slot = (slot + 1) & mask) {
    if (sameLines(x, lines, x.windowTable[slot] - 1, first)) return x.windowTable[slot] - 1;
  }
  return NO_POSITION;
}

// @ts-ignore: decorator
@inline function sameLines(x: SampleIndex, lines: Ptr<u32>, position: u32, first: u32): bool {
  for (let k: u32 = 0; k < x.minLines; k++) {
    if (x.sequence[position + k] != lines[first + k]) return false;
  }
  return true;
}

function kindOf(c: u32, profile: u32): u8 {
  if (c <= 0x20) return BLANK;
  if (profile == 0 || c >= 0x7f || c == 0x5f) return WORD;
  // . , ; : " ' ? !
  if (c == 0x2e || c == 0x2c || c == 0x3b || c == 0x3a || c == 0x22 || c == 0x27 || c == 0x3f || c == 0x21) return BLANK;
  const isWord = (c >= 0x30 && c <= 0x39) || (c >= 0x41 && c <= 0x5a) || (c >= 0x61 && c <= 0x7a);
  return isWord ? WORD : SYMBOL;
}

/** Eight bits an entry, but no more than stay in a core's second-level cache. */
function bitsFor(n: u32): u32 {
  let bits: u32 = 12;
  while (bits < 22 && (<u32>1 << bits) < 8 * n) bits++;
  return bits;
}

/** At most half of it is taken by `n` entries. */
export function tableSize(n: u32): u32 {
  let size: u32 = 16;
  while (size < 2 * n) size <<= 1;
  return size;
}
