// Numbers the samples' distinct lines in the order in which they first appear. Hashes only say what to compare: the same
// samples get the same numbers whatever the seed.

import { alloc, array, growLast } from "./memory";
import { hashLine } from "./hash";
import { beginLineAt, extendLine, lineLength } from "./normalise-line";
import { findLine, newIndex, NO_LINE, SampleIndex, tableSize } from "./sample-index";

const LF: u8 = 0x0a;
const CR: u8 = 0x0d;
/** Room for lines that are added before more is asked for. */
const ROOM_BYTES: usize = 1 << 20;
/** In a list of texts: address and bytes of each, 4 bytes a number. */
const TEXT_ENTRY: usize = 8;

/** End of the bytes of the lines so far, and of the room for them. */
let nBytes: usize = 0;
let room: usize = 0;

/** LF and CR among `n` bytes: a text has at most one line more. */
export function countTerminators(at: usize, n: u32): u32 {
  let count: u32 = 0;
  let p = at;
  const end = at + n;
  for (; p + 16 <= end; p += 16) count += popcnt(terminatorsAt(p));
  if (p < end) count += popcnt(terminatorsAt(p) & ((1 << <u32>(end - p)) - 1));
  return count;
}

// @ts-ignore: decorator
@inline function terminatorsAt(p: usize): u32 {
  const v = v128.load(p);
  return <u32>i8x16.bitmask(v128.or(i8x16.eq(v, i8x16.splat(LF)), i8x16.eq(v, i8x16.splat(CR))));
}

/**
 * An index that is filled by `numberTexts`. Memory is taken for `mostLines` lines, but none of it is touched for those that
 * do not come. Nothing else may be handed out until all texts are numbered.
 */
export function createIndex(
  minLines: u32, profile: u32, seed: u64, hashMask: u64, nSamples: u32, mostLines: u32,
): SampleIndex {
  const x = newIndex(minLines, profile, seed, hashMask);
  x.sampleStarts = array<u32>(nSamples + 1);
  x.sequence = array<u32>(mostLines + nSamples);
  x.lineAt = array<u32>(mostLines + 1);
  x.lineHash = array<u64>(mostLines);
  x.lineTable = array<u32>(tableSize(mostLines));
  x.lineTableMask = tableSize(0) - 1;
  x.bytes = alloc(0);
  nBytes = room = 0;
  return x;
}

/** Appends the samples of a list of `n` texts. */
export function numberTexts(x: SampleIndex, list: usize, n: u32): void {
  for (let i: u32 = 0; i < n; i++, list += TEXT_ENTRY) {
    numberText(x, load<u32>(list), load<u32>(list, 4));
    x.sequence[x.nPositions++] = NO_LINE;
    x.sampleStarts[++x.nSamples] = x.nPositions;
  }
}

function numberText(x: SampleIndex, at: usize, n: u32): void {
  const end = at + n;
  for (let start = at; start < end; ) {
    const stop = lineEnd(start, end);
    const id = x.profile == 0 ? numberExact(x, start, stop) : numberSpaced(x, start, stop);
    if (id != NO_LINE) x.sequence[x.nPositions++] = id;
    const isCrLf = stop + 1 < end && load<u8>(stop) == CR && load<u8>(stop, 1) == LF;
    start = stop + (isCrLf ? 2 : 1);
  }
}

/** The first terminator from `p`, or `end`. */
// @ts-ignore: decorator
@inline function lineEnd(p: usize, end: usize): usize {
  for (; p < end; p += 16) {
    const found = terminatorsAt(p);
    if (found) return min(end, p + ctz(found));
  }
  return end;
}

/** exact-1 takes blanks at both ends away: nothing is copied for a line that is known. */
// @ts-ignore: decorator
@inline function numberExact(x: SampleIndex, start: usize, end: usize): u32 {
  let last = end;
  while (last > start && load<u8>(last - 1) <= 0x20) last--;
  if (last == start) return NO_LINE;
  let first = start;
  while (true) {
    const solid = <u32>i8x16.bitmask(i8x16.gt_u(v128.load(first), i8x16.splat(0x20)));
    if (solid) {
      first += ctz(solid);
      break;
    }
    first += 16;
  }
  const n = <u32>(last - first);
  const h = hashLine(first, n, x.seed, x.hashMask);
  const known = findLine(x, first, n, h);
  if (known != NO_LINE) return known;
  makeRoom(x, n);
  const to = x.bytes + nBytes;
  for (let i: usize = 0; i < n; i += 16) v128.store(to + i, v128.load(first + i));
  return addLine(x, n, h);
}

/** text-1: the form is written behind the lines that are known, and stays there if it is new. */
function numberSpaced(x: SampleIndex, start: usize, end: usize): u32 {
  makeRoom(x, 2 * <u32>(end - start));
  const at = x.bytes + nBytes;
  beginLineAt(at);
  extendLine(x, start, end - start);
  const n = lineLength();
  if (n == 0) return NO_LINE;
  const h = hashLine(at, n, x.seed, x.hashMask);
  const known = findLine(x, at, n, h);
  return known != NO_LINE ? known : addLine(x, n, h);
}

/** For `n` more bytes, and a vector's slack. */
// @ts-ignore: decorator
@inline function makeRoom(x: SampleIndex, n: u32): void {
  if (nBytes + n <= room) return;
  room = nBytes + n + ROOM_BYTES;
  growLast(x.bytes, room);
}

/** The bytes are there already. */
function addLine(x: SampleIndex, n: u32, h: u64): u32 {
  const id = x.nLines++;
  nBytes += n;
  x.lineAt[id + 1] = <u32>nBytes;
  x.lineHash[id] = h;
  if (n > x.maxLineBytes) x.maxLineBytes = n;
  if (x.nLines << 1 > x.lineTableMask + 1) growTable(x);
  else enter(x, id);
  return id;
}

// @ts-ignore: decorator
@inline function enter(x: SampleIndex, id: u32): void {
  const mask = x.lineTableMask;
  let slot = <u32>x.lineHash[id] & mask;
  while (x.lineTable[slot]) slot = (slot + 1) & mask;
  x.lineTable[slot] = id + 1;
}

/** In place: there is room for all lines that may come. */
function growTable(x: SampleIndex): void {
  memory.fill(changetype<usize>(x.lineTable), 0, (<usize>x.lineTableMask + 1) << 2);
  x.lineTableMask = (x.lineTableMask << 1) | 1;
  for (let id: u32 = 0; id < x.nLines; id++) enter(x, id);
}
