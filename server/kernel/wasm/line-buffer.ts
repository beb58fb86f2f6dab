// The significant lines of the document in the buffers, the oldest first. The first ones are "settled": no bytes,
// only which line of the samples they equal, and where they stand. Both buffers are of fixed size.

import { alloc, array, nil, Ptr } from "./memory";
import { hashForm, prepareForms } from "./form-hash";
import { hashLine, hasBit } from "./hash";
import { beginLine, extendLine, lineBytes, lineIsTooLong, lineLength, prepareLine } from "./normalise-line";
import { findLine, isLine, NO_LINE, SampleIndex } from "./sample-index";

export const TEXT_BYTES: u32 = 1 << 20;
export const MAX_LINES: u32 = 1 << 15;
/** The line passed the bitmap, but nobody asked yet which line of the samples it is. */
const UNASKED: u32 = 0xfffffffe;

export let x: SampleIndex = changetype<SampleIndex>(0);
export let text: usize = 0;
/** Document offset of `text`'s first byte. */
let base: u64 = 0;

export let nLines: u32 = 0;
export let nSettled: u32 = 0;
export let rawNumber = nil<u32>();
export let starts = nil<u32>(); // whole raw line in `text`
export let firsts = nil<u32>(); // its first byte that is no blank
export let ends = nil<u32>();
let settledStart = nil<u64>(); // whole raw line in the document
let settledEnd = nil<u64>();
export let hashes = nil<u64>();
export let ids = nil<u32>(); // number among the samples' lines, NO_LINE or UNASKED

export function prepareLines(index: SampleIndex): void {
  x = index;
  prepareLine(x);
  text = alloc(TEXT_BYTES);
  const most = MAX_LINES + x.minLines;
  rawNumber = array<u32>(most);
  starts = array<u32>(most);
  firsts = array<u32>(most);
  ends = array<u32>(most);
  hashes = array<u64>(most);
  ids = array<u32>(most);
  settledStart = array<u64>(x.minLines);
  settledEnd = array<u64>(x.minLines);
  if (x.gramLines) prepareForms(x.seed);
}

export function clearLines(): void {
  nLines = nSettled = 0;
  base = 0;
}

// @ts-ignore: decorator
@inline export function textBase(): u64 { return base; }
/** The first `nBytes` of the text buffer were dropped. */
// @ts-ignore: decorator
@inline export function moveBase(nBytes: u32): void { base += nBytes; }

/** Offset of line `j` in the document. */
// @ts-ignore: decorator
@inline export function startOf(j: u32): u64 { return j < nSettled ? settledStart[j] : base + starts[j]; }
// @ts-ignore: decorator
@inline export function endOf(j: u32): u64 { return j < nSettled ? settledEnd[j] : base + ends[j]; }

/** Offsets into `text`. */
// @ts-ignore: decorator
@inline export function addLine(raw: u32, start: u32, first: u32, end: u32): void {
  const n = nLines++;
  rawNumber[n] = raw;
  starts[n] = start;
  firsts[n] = first;
  ends[n] = end;
}

/** The line that normalise-line holds, behind settled ones alone; offsets into the document. */
export function addSettledLine(raw: u32, start: u64, end: u64): void {
  const n = nLines++;
  rawNumber[n] = raw;
  settledStart[n] = start;
  settledEnd[n] = end;
  nSettled = nLines;
  ids[n] = NO_LINE;
  if (x.gramLines) {
    hashes[n] = hashOf(lineBytes(), lineLength(), lineIsTooLong());
    ids[n] = lineLength();
    return;
  }
  if (lineIsTooLong()) return;
  hashes[n] = hashLine(lineBytes(), lineLength(), x.seed, x.hashMask);
  ids[n] = findLine(x, lineBytes(), lineLength(), hashes[n]);
}

/** Tells a line that was cut from one that ends there. */
const CUT: u64 = 0x5851F42D4C957F2D;

// @ts-ignore: decorator
@inline function hashOf(at: usize, n: u32, isCut: bool): u64 {
  const h = hashForm(at, n, x.seed);
  return isCut ? h ^ CUT : h;
}

/**
 * Hash of line `j` by at most the first `maxLineBytes` of its form, for an index: no line is too long for it. How many
 * bytes these are is in `formBytes`.
 */
export function formHash(j: u32): u64 {
  if (j < nSettled) {
    nBytes = ids[j];
    return hashes[j];
  }
  let isCut = false;
  if (!normalise(j)) {
    isCut = true;
    if (x.profile == 0) {
      nBytes = solidBytes(bytesAt, bytesAt + x.maxLineBytes);
    }
  }
  return hashOf(bytesAt, nBytes, isCut);
}

// @ts-ignore: decorator
@inline export function formBytes(): u32 { return nBytes; }

/** Forgets the lines before `first`, and the bytes of the others. */
export function settleFrom(first: u32): void {
  const nKept = nLines - first;
  for (let k: u32 = 0; k < nKept; k++) {
    const j = first + k;
    settledStart[k] = startOf(j);
    settledEnd[k] = endOf(j);
    if (j >= nSettled) {
      if (!hashFresh(j, x.lineSet, x.lineShift)) ids[j] = NO_LINE;
      else identify(j);
    }
    ids[k] = ids[j];
    hashes[k] = hashes[j];
    rawNumber[k] = rawNumber[j];
  }
  nLines = nSettled = nKept;
}

/**
 * Whether line `j` may be one of the samples'; its hash is then in `hashes`. The caller's loop holds the index's bitmap.
 */
// @ts-ignore: decorator
@inline export function mayBeKnown(j: u32, set: Ptr<u8>, shift: u64): bool {
  return j < nSettled ? ids[j] != NO_LINE : hashFresh(j, set, shift);
}

/** Hashes a line whose bytes are in the buffer; false when no sample has it. */
// @ts-ignore: decorator
@inline function hashFresh(j: u32, set: Ptr<u8>, shift: u64): bool {
  if (!normalise(j)) return false;
  const h = hashLine(bytesAt, nBytes, x.seed, x.hashMask);
  if (!hasBit(set, <u32>(h >> shift))) return false;
  hashes[j] = h;
  ids[j] = UNASKED;
  return true;
}

/** Whether line `j`, whose bytes are in the buffer, is the samples' line `id`; it is settled then. */
export function isKnownAs(j: u32, id: u32): bool {
  if (!normalise(j) || !isLine(x, id, bytesAt, nBytes)) return false;
  ids[j] = id;
  hashes[j] = x.lineHash[id];
  return true;
}

/** The number of line `j`, which passed the bitmap. */
export function identify(j: u32): u32 {
  if (ids[j] == UNASKED) ids[j] = normalise(j) ? findLine(x, bytesAt, nBytes, hashes[j]) : NO_LINE;
  return ids[j];
}

/** Address of the form that is compared, as `normalise` found it. */
let bytesAt: usize = 0;
let nBytes: u32 = 0;

/** How many bytes there are without blanks at the end. The first one is none. */
// @ts-ignore: decorator
@inline export function solidBytes(first: usize, end: usize): u32 {
  let last = end - 1;
  while (load<u8>(last) <= 0x20) last--;
  return <u32>(last - first) + 1;
}

/** The form of line `j`, whose bytes are in the buffer; false when every line of the samples is shorter. */
// @ts-ignore: decorator
@inline function normalise(j: u32): bool {
  const first = text + firsts[j];
  const end = text + ends[j];
  if (x.profile == 0) {
    // All that exact-1 takes away is blanks at the ends: nothing is copied.
    bytesAt = first;
    nBytes = solidBytes(first, end);
    return nBytes <= x.maxLineBytes;
  }
  beginLine();
  extendLine(x, first, end - first);
  bytesAt = lineBytes();
  nBytes = lineLength();
  return !lineIsTooLong();
}
