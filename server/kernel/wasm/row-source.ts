// JSON lines as they come from the disk: one object a row, one of its strings is a document, three more, or
// lists of strings, say where it came from; the host names these columns. The bytes are read once, in pieces
// of any size; a row is never held. What is no JSON by RFC 8259 is told from what is, so that a damaged row
// never counts. server/corpus/parse-row.ts says the same plainly.

import { alloc, array, nil } from "./memory";
import {
  clearColumns, COLUMN_BYTES, columnAt, columnLength, IS_CONTENT, IS_KEY, IS_OTHER, KEY_BYTES, keyAt, N_COLUMNS, nameOfKey,
  prepareColumns, setColumnLength,
} from "./columns";
import { beginDocument, endDocument, makeRoom, terminateLine, textEnd, textLimit, UNKNOWN, wrote } from "./document";
import { dropLines, sendLines, takeAnyFound } from "./found-lines";
import { escapeLength, escapePoint, readEscape, writePoint, ESCAPE_BYTES, INVALID, INCOMPLETE } from "./escapes";
import { beginLiteral, endLiteral, isLiteralByte, stepLiteral } from "./literals";

/** A row ended. Called when something was found in it or it cannot be read; see RowStatus in scan-kernel.ts. */
// @ts-ignore: decorator
@external("host", "onRow")
declare function onRow(status: u32): void;

const ROW_OK: u32 = 0;
const ROW_NOT_JSON: u32 = 1;
const ROW_NO_CONTENT: u32 = 2;
const ROW_TOO_LONG: u32 = 3;

/** As MAX_ROW_BYTES in server/corpus/read-rows.ts. */
const MAX_ROW_BYTES: u64 = 512 << 20;

// Where in a row the next byte stands.
const BEFORE_ROW: u32 = 0;
const FIRST_KEY: u32 = 1; // after {
const KEY: u32 = 2; // after , in an object
const COLON: u32 = 3;
const FIRST_VALUE: u32 = 4; // after [
const VALUE: u32 = 5;
const AFTER_VALUE: u32 = 6;
const LITERAL: u32 = 7;
const AFTER_ROW: u32 = 8;
const IN_STRING: u32 = 9;
const IN_CONTENT: u32 = 10;
const BROKEN: u32 = 11; // until the next LF

/** Rows nested deeper than this count as damaged, as in every JSON reader at some depth. */
const MAX_DEPTH: u32 = 1 << 16;

let state: u32 = BEFORE_ROW;
let depth: u32 = 0;
let isObject = nil<u8>(); // one byte a level
let stringIs: u32 = IS_OTHER;
/** For the value that comes next at the row's own level. */
let keyIs: u32 = IS_OTHER;
let seen: u32 = 0; // bit a column
let seenList: u32 = 0; // bit a column
/** The column whose list is being read, and where in its bytes the current item begins. */
let listIs: u32 = IS_OTHER;
let itemStart: u32 = 0;
let onlyBlanks: bool = true;
let startsDamaged: bool = false;

let capturedBytes: u32 = 0;

let carried: usize = 0;
let nCarried: u32 = 0;

let streamOffset: u64 = 0;
let rowOffset: u64 = 0;
let rowNumber: u32 = 0;
let documentBytes: u64 = 0;
let nRows: u64 = 0;
let contentBytes: u64 = 0;

export function prepareRows(): void {
  isObject = array<u8>(MAX_DEPTH);
  prepareColumns();
  carried = alloc(ESCAPE_BYTES);
}

export function beginStream(): void {
  nCarried = 0;
  dropLines();
  streamOffset = rowOffset = 0;
  rowNumber = 0;
  nRows = contentBytes = 0;
  beginRow();
}

// What the host asks for.
export function rowCount(): f64 { return <f64>nRows; }
export function textBytes(): f64 { return <f64>contentBytes; }
export function currentRow(): u32 { return rowNumber; }
export function currentRowOffset(): f64 { return <f64>rowOffset; }

/** Reads the next bytes of the stream. The `ESCAPE_BYTES` before `at` belong to the reader too. */
export function appendRows(at: usize, nBytes: u32): void {
  const end = at + nBytes;
  const first = at - nCarried;
  memory.copy(first, carried, nCarried);
  const firstOffset = streamOffset - nCarried;
  streamOffset += nBytes;
  let p = first;
  nCarried = 0;
  while (p < end) {
    const before = p;
    if (state == IN_CONTENT) p = readContent(p, end);
    else if (state == IN_STRING) p = readString(p, end);
    else p = readStructure(p, end, firstOffset - first);
    if (p == before && (state == IN_CONTENT || state == IN_STRING)) {
      // An escape that goes on in the next piece: at most ESCAPE_BYTES - 1 of it are here.
      nCarried = <u32>(end - p);
      memory.copy(carried, p, nCarried);
      return;
    }
  }
}

/** The stream ended where it should: a last row without LF counts. */
export function endStream(): void {
  if (nCarried) state = BROKEN;
  nCarried = 0;
  if (state == IN_CONTENT || state == IN_STRING) state = BROKEN;
  endRow(streamOffset);
}

// ---------------------------------------------------------------- rows
function beginRow(): void {
  state = BEFORE_ROW;
  depth = 0;
  seen = 0;
  seenList = 0;
  listIs = IS_OTHER;
  onlyBlanks = true;
  startsDamaged = false;
  documentBytes = 0;
  clearColumns();
}

/** `end` is where the LF stands, or would stand. */
function endRow(end: u64): void {
  if (!onlyBlanks) {
    const status = endStatus(end - rowOffset > MAX_ROW_BYTES);
    if (status == ROW_OK) {
      nRows++;
      contentBytes += documentBytes;
    }
    if (takeAnyFound() || status != ROW_OK) {
      sendLines();
      onRow(status);
    }
    // What is passed over has no number.
    if (status != ROW_TOO_LONG) rowNumber++;
  }
  rowOffset = end + 1;
  beginRow();
}

function endStatus(isTooLong: bool): u32 {
  if (isTooLong) return ROW_TOO_LONG;
  if (state != AFTER_ROW) return ROW_NOT_JSON;
  return seen & (1 << IS_CONTENT) ? ROW_OK : ROW_NO_CONTENT;
}

// @ts-ignore: decorator
@inline function isBlank(c: u32): bool { return c == 0x20 || c == 0x09 || c == 0x0d; }

/** Everything between strings, up to the next one. `toOffset` turns an address into a stream offset. */
function readStructure(at: usize, end: usize, toOffset: u64): usize {
  let p = at;
  while (p < end) {
    if (state == BROKEN) p = skipRow(p, end);
    if (p == end) break;
    const c = <u32>load<u8>(p++);
    if (c == 0x0a) {
      endRow(toOffset + p - 1);
      continue;
    }
    if (c > 0x20) onlyBlanks = false;
    if (state == LITERAL) {
      if (isLiteralByte(c)) {
        if (!stepLiteral(c)) state = BROKEN;
        continue;
      }
      state = endLiteral() ? AFTER_VALUE : BROKEN;
      // The byte behind it is looked at below.
    }
    if (isBlank(c)) continue;
    stepStructure(c);
    if (state == IN_STRING || state == IN_CONTENT) return p;
  }
  return p;
}

function stepStructure(c: u32): void {
  switch (state) {
    case BEFORE_ROW:
      // A row of control characters alone is as blank as an empty one; before a { they are damage.
      if (c <= 0x20) startsDamaged = true;
      else if (c == 0x7b && !startsDamaged) open(true);
      else state = BROKEN;
      return;
    case FIRST_KEY:
      if (c == 0x7d) close(true);
      else expectKey(c);
      return;
    case KEY:
      expectKey(c);
      return;
    case COLON:
      state = c == 0x3a ? VALUE : BROKEN;
      return;
    case FIRST_VALUE:
      if (c == 0x5d) close(false);
      else beginValue(c);
      return;
    case VALUE:
      beginValue(c);
      return;
    case AFTER_VALUE:
      if (c == 0x2c) state = isObject[depth - 1] ? KEY : VALUE;
      else if (c == 0x7d) close(true);
      else if (c == 0x5d) close(false);
      else state = BROKEN;
      return;
    default:
      state = BROKEN; // after the row's own }
  }
}

function open(object: bool): void {
  if (depth == MAX_DEPTH) {
    state = BROKEN;
    return;
  }
  isObject[depth++] = object;
  state = object ? FIRST_KEY : FIRST_VALUE;
}

function close(object: bool): void {
  if ((isObject[depth - 1] != 0) != object) state = BROKEN;
  else state = --depth == 0 ? AFTER_ROW : AFTER_VALUE;
}

function expectKey(c: u32): void {
  if (c != 0x22) state = BROKEN;
  else beginString(IS_KEY);
}

function beginValue(c: u32): void {
  if (c == 0x22) {
    if (depth == 2 && !isObject[1] && listIs < N_COLUMNS) {
      beginItem();
      return;
    }
    // Of keys that occur twice the first one counts, and a string before a list.
    const is = depth == 1 && isObject[0] && keyIs < IS_OTHER && !(seen & (1 << keyIs)) ? keyIs : IS_OTHER;
    seen |= is < IS_OTHER ? 1 << is : 0;
    beginString(is);
  } else if (c == 0x7b) open(true);
  else if (c == 0x5b) beginList();
  else if (isLiteralByte(c)) state = beginLiteral(c) ? LITERAL : BROKEN;
  else state = BROKEN;
}

function beginList(): void {
  if (depth == 1) {
    const counts = keyIs < N_COLUMNS && !((seen | seenList) & (1 << keyIs));
    listIs = counts ? keyIs : IS_OTHER;
    if (counts) seenList |= 1 << keyIs;
  }
  open(false);
}

/** A string of a list is added to its column, after " OR " if it is not the first. */
function beginItem(): void {
  const before = columnLength(listIs);
  const at = columnAt(listIs) + before;
  if (before + 4 > COLUMN_BYTES) {
    beginString(IS_OTHER);
    return;
  }
  beginString(listIs);
  if (before) store<u32>(at, 0x20524f20);
  itemStart = capturedBytes = before ? before + 4 : 0;
}

function skipRow(at: usize, end: usize): usize {
  const lf = i8x16.splat(0x0a);
  for (let p = at; p < end; p += 16) {
    const found = <u32>i8x16.bitmask(i8x16.eq(v128.load(p), lf));
    if (found) return min(p + ctz(found), end);
  }
  return end;
}

// ---------------------------------------------------------------- strings
function beginString(is: u32): void {
  stringIs = is;
  state = IN_STRING;
  capturedBytes = 0;
  if (is != IS_CONTENT) return;
  state = IN_CONTENT;
  beginDocument();
}

function endString(): void {
  state = AFTER_VALUE;
  if (stringIs == IS_CONTENT) documentBytes = endDocument();
  else if (stringIs < N_COLUMNS) {
    // An empty item adds nothing.
    if (depth == 1 || capturedBytes > itemStart) setColumnLength(stringIs, capturedBytes);
  }
  else if (stringIs == IS_KEY) {
    state = COLON;
    if (depth == 1) keyIs = nameOfKey(capturedBytes);
  }
}

// @ts-ignore: decorator
@inline function isSpecial(v: v128): u32 {
  const quoteOrEscape = v128.or(i8x16.eq(v, i8x16.splat(0x22)), i8x16.eq(v, i8x16.splat(0x5c)));
  return <u32>i8x16.bitmask(v128.or(quoteOrEscape, i8x16.lt_u(v, i8x16.splat(0x20))));
}

/** The bits below the lowest one that is set; all of them when none is. */
// @ts-ignore: decorator
@inline function below(bits: u32): u32 { return (bits ^ (bits - 1)) & ~bits; }

/** The hot loop: unescapes the document into the text buffer. Returns `at` when an escape is not all there. */
function readContent(at: usize, end: usize): usize {
  let p = at, o = textEnd();
  const limit = textLimit();
  // Where the line's first byte that is no blank went, for lines that begin in this call: here the bytes are
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
        endString();
        return p + 1;
      }
      state = BROKEN; // a control character; skipRow looks at it again
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
      state = BROKEN;
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
function readString(at: usize, end: usize): usize {
  const most = stringIs == IS_KEY ? KEY_BYTES : stringIs < N_COLUMNS ? COLUMN_BYTES : 0;
  const out = stringIs == IS_KEY ? keyAt() : columnAt(min(stringIs, N_COLUMNS));
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
      endString();
      return p + 1;
    }
    const outcome = c == 0x5c ? readEscape(p, end) : INVALID;
    if (outcome == INCOMPLETE) break;
    if (outcome == INVALID) {
      state = BROKEN;
      return p;
    }
    p += escapeLength();
    if (capturedBytes < most) capturedBytes = min(capturedBytes + writePoint(out + capturedBytes, escapePoint()), most);
  }
  return p;
}
