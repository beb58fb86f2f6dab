// The strings of a row: the document goes into the text buffer, unescaped; keys and columns are captured; all are checked.
// The bytes may come in pieces of any size.

import { COLUMN_BYTES, columnAt, IS_CONTENT, IS_KEY, IS_OTHER, KEY_BYTES, keyAt, N_COLUMNS } from "./columns";
import { beginDocument, makeRoom, terminateLine, textEnd, textLimit, UNKNOWN, wrote } from "./document";
import { escapeLength, escapePoint, INCOMPLETE, INVALID, readEscape, writePoint } from "./escapes";

// How far the string is.
// @ts-ignore: decorator
@inline export const OPEN: u32 = 0;
// @ts-ignore: decorator
@inline export const CLOSED: u32 = 1;
/** It holds what no string may. */
// @ts-ignore: decorator
@inline export const DAMAGED: u32 = 2;

let is: u32 = IS_OTHER;
let progress: u32 = OPEN;
let capturedBytes: u32 = 0;

// @ts-ignore: decorator
@inline export function stringIs(): u32 { return is; }
// @ts-ignore: decorator
@inline export function stringProgress(): u32 { return progress; }
/** Bytes of the key or the column so far. */
// @ts-ignore: decorator
@inline export function stringLength(): u32 { return capturedBytes; }

/** Behind the opening quote. A column goes on behind its first `nBefore` bytes. */
export function openString(what: u32, nBefore: u32): void {
  is = what;
  progress = OPEN;
  capturedBytes = nBefore;
  if (is == IS_CONTENT) beginDocument();
}

/** Returns where it stopped: behind the closing quote, or `at` when an escape is not all there. */
// @ts-ignore: decorator
@inline export function readString(at: usize, end: usize): usize {
  return is == IS_CONTENT ? readContent(at, end) : readOther(at, end);
}

// @ts-ignore: decorator
@inline function isSpecial(v: v128): u32 {
  const quoteOrEscape = v128.or(i8x16.eq(v, i8x16.splat(0x22)), i8x16.eq(v, i8x16.splat(0x5c)));
  return <u32>i8x16.bitmask(v128.or(quoteOrEscape, i8x16.lt_u(v, i8x16.splat(0x20))));
}

/** The bits below the lowest one that is set; all of them when none is. */
// @ts-ignore: decorator
@inline function below(bits: u32): u32 { return (bits ^ (bits - 1)) & ~bits; }

/** The hot loop: unescapes the document into the text buffer. */
function readContent(at: usize, end: usize): usize {
  let p = at, o = textEnd();
  const limit = textLimit();
  // Address that the line's first byte that is no blank went to, for lines that begin in this call: here the bytes are
  // at hand, while reading them back right after they were written would stall.
  let first = UNKNOWN;
  while (p < end) {
    if (o > limit) {
      wrote(o);
      makeRoom();
      o = textEnd();
      first = UNKNOWN;
    }
    const v = v128.load(p);
    v128.store(o, v);
    let found = isSpecial(v);
    if (end - p < 16) found |= <u32>1 << <u32>(end - p);
    if (!first) {
      const solid = <u32>i8x16.bitmask(i8x16.gt_u(v, i8x16.splat(0x20))) & below(found);
      if (solid) first = o + ctz(solid);
    }
    if (!found) {
      p += 16;
      o += 16;
      continue;
    }
    const n = ctz(found);
    p += n;
    o += n;
    if (p == end) break;
    const c = load<u8>(p);
    if (c != 0x5c) {
      wrote(o);
      if (c == 0x22) {
        progress = CLOSED;
        return p + 1;
      }
      progress = DAMAGED; // a control character; skipRow looks at it again
      return p;
    }
    // \n is by far the most frequent escape.
    if (end - p >= 2 && load<u8>(p, 1) == 0x6e) {
      wrote(o);
      terminateLine(0x0a, first);
      o = textEnd();
      first = 0;
      p += 2;
      continue;
    }
    const outcome = readEscape(p, end);
    if (outcome == INCOMPLETE) break;
    if (outcome == INVALID) {
      wrote(o);
      progress = DAMAGED;
      return p;
    }
    p += escapeLength();
    const point = escapePoint();
    if (point == 0x0a || point == 0x0d) {
      wrote(o);
      terminateLine(<u8>point, first);
      o = textEnd();
      first = 0;
    } else {
      if (!first && point > 0x20) first = o;
      o += writePoint(o, point);
    }
  }
  wrote(o);
  return p;
}

/** Any other string: captured when it is a key or a column, and checked in any case. */
function readOther(at: usize, end: usize): usize {
  const most = is == IS_KEY ? KEY_BYTES : is < N_COLUMNS ? COLUMN_BYTES : 0;
  const out = is == IS_KEY ? keyAt() : columnAt(min(is, N_COLUMNS));
  let p = at;
  while (p < end) {
    const v = v128.load(p);
    if (capturedBytes < most) v128.store(out + capturedBytes, v);
    let found = isSpecial(v);
    if (end - p < 16) found |= <u32>1 << <u32>(end - p);
    const n: u32 = found ? ctz(found) : 16;
    p += n;
    capturedBytes = min(capturedBytes + n, most);
    if (!found) continue;
    if (p == end) break;
    const c = load<u8>(p);
    if (c == 0x22) {
      progress = CLOSED;
      return p + 1;
    }
    const outcome = c == 0x5c ? readEscape(p, end) : INVALID;
    if (outcome == INCOMPLETE) break;
    if (outcome == INVALID) {
      progress = DAMAGED;
      return p;
    }
    p += escapeLength();
    if (capturedBytes < most) capturedBytes = min(capturedBytes + writePoint(out + capturedBytes, escapePoint()), most);
  }
  return p;
}
