// One document at a time: its text arrives in pieces and is split into lines. When a buffer is full, the complete
// lines in it are scanned, and the last `minLines - 1` of them stay behind without their bytes.

import {
  addLine, addSettledLine, clearLines, MAX_LINES, moveBase, nLines, prepareLines, text, TEXT_BYTES, textBase, x,
} from "./line-buffer";
import { beginLine, extendLine, lineLength } from "./normalise-line";
import { BLANK, SampleIndex } from "./sample-index";
import { beginScan, scanLines, settleLines } from "./scan-lines";
import { beginWindows, collectLines } from "./windows";

/** End of what is written, start of the line that is being written: offsets into `text`. */
let nText: u32 = 0;
let lineStart: u32 = 0;
/** 1-based, of the line that is being written. */
let rawLine: u32 = 1;
/** Document offset just behind the last CR, where an LF belongs to it. */
let afterCr: u64 = 0;

/** Its first bytes left the buffer: what counts of it is in normalise-line. */
let inLongLine: bool = false;
let longLineStart: u64 = 0;

export function prepareDocuments(index: SampleIndex): void {
  prepareLines(index);
}

export function beginDocument(): void {
  nText = lineStart = 0;
  rawLine = 1;
  afterCr = u64.MAX_VALUE;
  inLongLine = false;
  clearLines();
  if (x.gramLines) beginWindows();
  else beginScan();
}

/** Scans what is left; returns the document's length in bytes. */
export function endDocument(): u64 {
  endLine(UNKNOWN);
  if (x.gramLines) collectLines();
  else scanLines();
  return textBase() + nText;
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
  const offset = textBase() + nText;
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
      addLine(rawLine, lineStart, <u32>(p - text), nText);
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
    if (x.gramLines) collectLines();
    else {
      scanLines();
      settleLines();
    }
  }
  const nOpen = nText - lineStart;
  if (!inLongLine && nOpen < TEXT_BYTES / 2) {
    memory.copy(text, text + lineStart, nOpen);
    moveBase(lineStart);
    nText = nOpen;
    lineStart = 0;
    return;
  }
  if (!inLongLine) {
    inLongLine = true;
    longLineStart = textBase() + lineStart;
    beginLine();
  }
  extendLine(x, text + lineStart, nOpen);
  moveBase(nText);
  nText = lineStart = 0;
}

/** A long line ends: all before it are settled already, so it becomes one more settled line. */
function endLongLine(): void {
  extendLine(x, text + lineStart, nText - lineStart);
  inLongLine = false;
  if (lineLength() == 0) return;
  addSettledLine(rawLine, longLineStart, textBase() + nText);
  moveBase(nText);
  nText = lineStart = 0;
}
