// The structure of a row: what is no JSON by RFC 8259 (and no NaN or Infinity of Python's) is told from what is, byte by byte outside strings, and each
// string is found to be a key, a column, the document or none of these. Knows no rows but the one at hand.

import { array, nil } from "./memory";
import {
  clearColumns, COLUMN_BYTES, columnAt, columnLength, IS_CONTENT, IS_KEY, IS_OTHER, N_COLUMNS, nameOfKey, setColumnLength,
} from "./columns";
import { endDocument } from "./document";
import { beginLiteral, endLiteral, isLiteralByte, stepLiteral } from "./literals";
import { openString, stringIs, stringLength } from "./row-strings";

// States of the reader: what the next byte of a row belongs to.
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
const BROKEN: u32 = 10; // until the next LF

/** Rows nested deeper than this count as damaged, as in every JSON reader at some depth. */
const MAX_DEPTH: u32 = 1 << 16;

let state: u32 = BEFORE_ROW;
let depth: u32 = 0;
let isObject = nil<u8>(); // one byte a level
/** For the value that comes next at the row's own level. */
let keyIs: u32 = IS_OTHER;
let seen: u32 = 0; // bit a column
let seenList: u32 = 0; // bit a column
/** The column whose list is being read, and where in its bytes the current item begins. */
let listIs: u32 = IS_OTHER;
let itemStart: u32 = 0;
let onlyBlanks: bool = true;
let startsDamaged: bool = false;
let documentBytes: u64 = 0;
let ended: bool = false;

export function prepareStructure(): void {
  isObject = array<u8>(MAX_DEPTH);
}

export function beginRow(): void {
  state = BEFORE_ROW;
  depth = 0;
  seen = 0;
  seenList = 0;
  listIs = IS_OTHER;
  onlyBlanks = true;
  startsDamaged = false;
  documentBytes = 0;
  ended = false;
  clearColumns();
}

// @ts-ignore: decorator
@inline export function isInString(): bool { return state == IN_STRING; }
/** Its LF was read. */
// @ts-ignore: decorator
@inline export function rowEnded(): bool { return ended; }
export function isEmptyRow(): bool { return onlyBlanks; }
export function isWholeRow(): bool { return state == AFTER_ROW; }
export function hasContent(): bool { return (seen & (1 << IS_CONTENT)) != 0; }
export function rowDocumentBytes(): u64 { return documentBytes; }

/** Nothing more of this row counts. */
export function breakRow(): void {
  state = BROKEN;
}

/** Everything between strings, up to the next one or to the row's end. */
export function readStructure(at: usize, end: usize): usize {
  let p = at;
  while (p < end) {
    if (state == BROKEN) p = skipRow(p, end);
    if (p == end) break;
    const c = <u32>load<u8>(p++);
    if (c == 0x0a) {
      ended = true;
      return p;
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
    if (state == IN_STRING) return p;
  }
  return p;
}

/** The string that was begun here has its closing quote. */
export function closeString(): void {
  const is = stringIs();
  state = AFTER_VALUE;
  if (is == IS_CONTENT) documentBytes = endDocument();
  else if (is < N_COLUMNS) {
    // An empty item adds nothing.
    if (depth == 1 || stringLength() > itemStart) setColumnLength(is, stringLength());
  } else if (is == IS_KEY) {
    state = COLON;
    if (depth == 1) keyIs = nameOfKey(stringLength());
  }
}

// @ts-ignore: decorator
@inline function isBlank(c: u32): bool { return c == 0x20 || c == 0x09 || c == 0x0d; }

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
  else beginString(IS_KEY, 0);
}

function beginValue(c: u32): void {
  if (c == 0x22) {
    if (depth == 2 && !isObject[1] && listIs < N_COLUMNS) {
      beginItem();
      return;
    }
    // The first of two equal keys counts, and a string before a list.
    const is = depth == 1 && isObject[0] && keyIs < IS_OTHER && !(seen & (1 << keyIs)) ? keyIs : IS_OTHER;
    seen |= is < IS_OTHER ? 1 << is : 0;
    beginString(is, 0);
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
  if (before + 4 > COLUMN_BYTES) {
    beginString(IS_OTHER, 0);
    return;
  }
  if (before) store<u32>(columnAt(listIs) + before, 0x20524f20);
  itemStart = before ? before + 4 : 0;
  beginString(listIs, itemStart);
}

function beginString(is: u32, nBefore: u32): void {
  state = IN_STRING;
  openString(is, nBefore);
}

function skipRow(at: usize, end: usize): usize {
  const lf = i8x16.splat(0x0a);
  for (let p = at; p < end; p += 16) {
    const found = <u32>i8x16.bitmask(i8x16.eq(v128.load(p), lf));
    if (found) return min(p + ctz(found), end);
  }
  return end;
}
