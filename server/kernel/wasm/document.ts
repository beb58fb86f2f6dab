// One document at a time: its text arrives in pieces, is split into lines, and its lines are compared with
// the samples. Both buffers are of fixed size. When one is full, the lines in it are scanned, and the last
// `minLines - 1` of them stay behind as "settled" lines: no bytes, only which line of the samples they equal.

import { alloc, array, nil, Ptr } from "./memory";
import { hashLine, hashWindow, hasBit, sameBytes } from "./hash";
import { beginLine, extendLine, lineBytes, lineIsTooLong, lineLength, prepareLine } from "./normalise-line";
import { BLANK, findLine, holdsWindow, mayHoldWindow, NO_LINE, SampleIndex } from "./sample-index";
import { emitAgain, emitLine } from "./found-lines";

const TEXT_BYTES: u32 = 1 << 20;
const MAX_LINES: u32 = 1 << 15;
/** The line passed the bitmap, but nobody asked yet which line of the samples it is. */
const UNASKED: u32 = 0xfffffffe;

let x: SampleIndex = changetype<SampleIndex>(0);

let text: usize = 0;
/** End of what is written, start of the line that is being written: offsets into `text`. */
let nText: u32 = 0;
let lineStart: u32 = 0;
/** Document offset of `text`'s first byte. */
let base: u64 = 0;
/** 1-based, of the line that is being written. */
let rawLine: u32 = 1;
/** Document offset just behind the last CR, where an LF belongs to it. */
let afterCr: u64 = 0;

/** Its first bytes left the buffer: what counts of it is in normalise-line. */
let inLongLine: bool = false;
let longLineStart: u64 = 0;

// The significant lines in the buffers, the oldest first; the first `nSettled` of them have no bytes there.
let nLines: u32 = 0;
let nSettled: u32 = 0;
let rawNumber = nil<u32>();
let starts = nil<u32>(); // whole raw line in `text`
let firsts = nil<u32>(); // its first byte that is no blank
let ends = nil<u32>();
let settledStart = nil<u64>(); // whole raw line in the document
let settledEnd = nil<u64>();
let hashes = nil<u64>();
let ids = nil<u32>(); // number among the samples' lines, NO_LINE or UNASKED

/** First line of the next window to test, and the first line that is not known to pass the bitmap. */
let at: u32 = 0;
let known: u32 = 0;

export function prepareDocuments(index: SampleIndex): void {
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
}

export function beginDocument(): void {
  nText = lineStart = 0;
  base = 0;
  rawLine = 1;
  afterCr = u64.MAX_VALUE;
  inLongLine = false;
  nLines = nSettled = 0;
  at = known = 0;
  runEnd = -1;
  nEqual = 0;
}

/** Scans what is left; returns the document's length in bytes. */
export function endDocument(): u64 {
  endLine(UNKNOWN);
  scanLines();
  return base + nText;
}

// ---------------------------------------------------------------- text
/**
 * Where the next bytes go: at least 16 and a vector's slack may be written. Whoever writes calls `wrote` with
 * the new end, and `endLine` at each line's end before the terminator is written.
 */
// @ts-ignore: decorator
@inline export function textEnd(): usize { return text + nText; }
// @ts-ignore: decorator
@inline export function textLimit(): usize { return text + TEXT_BYTES - 32; }
// @ts-ignore: decorator
@inline export function wrote(end: usize): void { nText = <u32>(end - text); }

/** What `terminateLine` takes for the line's first byte when the caller does not know it. */
// @ts-ignore: decorator
@inline export const UNKNOWN: usize = 1;

/**
 * Takes the terminator `c` that stands at `textEnd()`; LF and CR only. `first` is the address of the line's
 * first byte that is no blank, 0 when it has none, or UNKNOWN.
 */
export function terminateLine(c: u8, first: usize): void {
  const offset = base + nText;
  if (c == 0x0a && offset == afterCr) {
    // The second half of a CRLF.
    store<u8>(text + nText++, c);
    lineStart = nText;
    return;
  }
  endLine(first);
  store<u8>(text + nText++, c);
  lineStart = nText;
  if (c == 0x0d) afterCr = offset + 1;
  if (nLines >= MAX_LINES) makeRoom();
}

/** Records the line [lineStart, nText) if it counts. */
// @ts-ignore: decorator
@inline function endLine(first: usize): void {
  if (inLongLine) {
    endLongLine();
  } else {
    const end = text + nText;
    let p = first == UNKNOWN ? firstSolid(text + lineStart, end) : first ? first : end;
    if (x.profile && p < end) while (p < end && x.kinds[load<u8>(p)] == BLANK) p++;
    if (p < end) {
      const n = nLines++;
      rawNumber[n] = rawLine;
      starts[n] = lineStart;
      firsts[n] = <u32>(p - text);
      ends[n] = nText;
    }
  }
  rawLine++;
}

/** The first byte from `p` that is no blank; `end` or more when there is none. */
function firstSolid(p: usize, end: usize): usize {
  for (; p < end; p += 16) {
    const found = <u32>i8x16.bitmask(i8x16.gt_u(v128.load(p), i8x16.splat(0x20)));
    if (found) return p + ctz(found);
  }
  return end;
}

/** Empties the text buffer but for the line that is being written, and that too when it is a long one. */
export function makeRoom(): void {
  if (!inLongLine) {
    scanLines();
    settleLines();
  }
  const nOpen = nText - lineStart;
  if (!inLongLine && nOpen < TEXT_BYTES / 2) {
    memory.copy(text, text + lineStart, nOpen);
    base += lineStart;
    nText = nOpen;
    lineStart = 0;
    return;
  }
  if (!inLongLine) {
    inLongLine = true;
    longLineStart = base + lineStart;
    beginLine();
  }
  extendLine(x, text + lineStart, nOpen);
  base += nText;
  nText = lineStart = 0;
}

/** A long line ends: all before it are settled already, so it becomes one more settled line. */
function endLongLine(): void {
  extendLine(x, text + lineStart, nText - lineStart);
  inLongLine = false;
  if (lineLength() == 0) return;
  const n = nLines++;
  rawNumber[n] = rawLine;
  settledStart[n] = longLineStart;
  settledEnd[n] = base + nText;
  settleFromLine(n);
  nSettled = nLines;
  base += nText;
  nText = lineStart = 0;
}

// ---------------------------------------------------------------- scan
/** Of the last window found, while its run goes on: how many equal lines it ends with, at least. */
let nEqual: u32 = 0;

/**
 * Tests every window whose lines are all there, as Horspool searches text: the last line first; a line that no
 * sample has rules out all windows over it, so most lines are never hashed.
 */
function scanLines(): void {
  const m = x.minLines;
  const set = x.lineSet;
  const shift = x.lineShift;
  let i = at;
  let passed = known;
  while (i + m <= nLines) {
    if (nEqual >= m && runEnd == <i32>(i + m - 1)) {
      i = passEqual(i);
      passed = i + m - 1;
      if (passed == nLines) break;
    }
    if (passed < i) passed = i;
    let j = i + m - 1;
    let miss = false;
    while (true) {
      if (j < nSettled ? ids[j] == NO_LINE : !hashFresh(j, set, shift)) {
        miss = true;
        break;
      }
      if (j <= passed) break;
      j--;
    }
    passed = i + m;
    if (miss) i = j + 1;
    else testWindow(i++);
  }
  at = i;
  known = passed;
}

/**
 * Behind a window of one line m times: goes over as many more of it as there are, byte for byte the line before.
 * Returns the next window to test.
 */
function passEqual(i: u32): u32 {
  let j = i + x.minLines - 1;
  for (; j < nLines && j > nSettled; j++) {
    const start = starts[j], before = starts[j - 1];
    const n = ends[j] - start;
    if (n != ends[j - 1] - before || rawNumber[j] != rawNumber[j - 1] + 1) break;
    if (!sameBytes(text + start, text + before, n)) break;
    hashes[j] = hashes[j - 1];
    ids[j] = ids[j - 1];
    emitAgain(ids[j], rawNumber[j], base + start, base + ends[j], start - before);
  }
  runEnd = <i32>j;
  return j + 1 - x.minLines;
}

/** Hashes a line whose bytes are in the buffer; false when no sample has it. */
// @ts-ignore: decorator
@inline function hashFresh(j: u32, set: Ptr<u8>, shift: u64): bool {
  const first = text + firsts[j];
  let end = text + ends[j];
  let h: u64 = 0;
  if (x.profile == 0) {
    while (load<u8>(end - 1) <= 0x20) end--;
    const n = <u32>(end - first);
    if (n > x.maxLineBytes) return false;
    h = hashLine(first, n, x.seed, x.hashMask);
  } else {
    beginLine();
    extendLine(x, first, end - first);
    if (lineIsTooLong()) return false;
    h = hashLine(lineBytes(), lineLength(), x.seed, x.hashMask);
  }
  if (!hasBit(set, <u32>(h >> shift))) return false;
  hashes[j] = h;
  ids[j] = UNASKED;
  return true;
}

/** All lines of the window at `i` pass the bitmap: settle it by comparing bytes. */
function testWindow(i: u32): void {
  const m = x.minLines;
  const last = i + m - 1;
  // A window of one line m times, right behind such a window: long runs of one line are frequent, and this is
  // all that they cost.
  if (runEnd == <i32>last && nEqual >= m && identify(last) == ids[last - 1]) {
    nEqual++;
    emitWindow(i);
    return;
  }
  nEqual = 0;
  const w = hashWindow(hashes, i, m);
  if (!mayHoldWindow(x, w)) return;
  for (let k: u32 = 0; k < m; k++) {
    if (identify(i + k) == NO_LINE) return;
  }
  if (!holdsWindow(x, ids, i, w)) return;
  nEqual = 1;
  while (nEqual < m && ids[last - nEqual] == ids[last]) nEqual++;
  emitWindow(i);
}

/** The number of line `j`, which passed the bitmap. */
function identify(j: u32): u32 {
  if (ids[j] != UNASKED) return ids[j];
  const first = text + firsts[j];
  let end = text + ends[j];
  if (x.profile == 0) {
    while (load<u8>(end - 1) <= 0x20) end--;
    ids[j] = findLine(x, first, <u32>(end - first), hashes[j]);
  } else {
    beginLine();
    extendLine(x, first, end - first);
    ids[j] = findLine(x, lineBytes(), lineLength(), hashes[j]);
  }
  return ids[j];
}

/** Settles line `n` from what normalise-line holds. */
function settleFromLine(n: u32): void {
  ids[n] = NO_LINE;
  if (lineIsTooLong()) return;
  hashes[n] = hashLine(lineBytes(), lineLength(), x.seed, x.hashMask);
  ids[n] = findLine(x, lineBytes(), lineLength(), hashes[n]);
}

/** After `scanLines`: keeps the lines from `at` on, which no complete window covers, without their bytes. */
function settleLines(): void {
  const nKept = nLines - at;
  for (let k: u32 = 0; k < nKept; k++) {
    const j = at + k;
    if (j < nSettled) {
      settledStart[k] = settledStart[j];
      settledEnd[k] = settledEnd[j];
    } else {
      settledStart[k] = base + starts[j];
      settledEnd[k] = base + ends[j];
      if (!hashFresh(j, x.lineSet, x.lineShift)) ids[j] = NO_LINE;
      else identify(j);
    }
    ids[k] = ids[j];
    hashes[k] = hashes[j];
    rawNumber[k] = rawNumber[j];
  }
  runEnd = runEnd >= <i32>at ? runEnd - <i32>at : -1;
  nLines = nSettled = nKept;
  at = known = 0;
}

// ---------------------------------------------------------------- runs
/** Where a run that was found ends in the buffers: one behind its last line; -1 when none can go on. */
let runEnd: i32 = -1;

/** The window at `i` is in the samples: it starts a run, or adds its last line to the one that goes on. */
function emitWindow(i: u32): void {
  const last = i + x.minLines - 1;
  const goesOn = runEnd == <i32>last;
  for (let j = goesOn ? last : i; j <= last; j++) {
    const settled = j < nSettled;
    emitLine(
      ids[j],
      rawNumber[j],
      settled ? settledStart[j] : base + starts[j],
      settled ? settledEnd[j] : base + ends[j],
      !goesOn && j == i,
    );
  }
  runEnd = <i32>last + 1;
}
