// The profile's form of one line (docs/method.md, section 1), from all its bytes or from pieces of it. A line that
// gets longer than every line of the samples matches nothing: it stops being written, so that a line of any
// size needs no more room than the longest one of the samples.

import { alloc } from "./memory";
import { BLANK, SampleIndex, SYMBOL } from "./sample-index";

let out: usize = 0;
let limit: u32 = 0;
let nOut: u32 = 0;
/** Blank bytes since the last other byte; they count once something follows. */
let nBlanks: u64 = 0;
let tooLong: bool = false;

export function prepareLine(x: SampleIndex): void {
  limit = x.maxLineBytes;
  out = alloc(limit);
}

/** A line of any length, whose form goes to `at` from now on: up to two bytes for each of its own. */
export function beginLineAt(at: usize): void {
  out = at;
  limit = u32.MAX_VALUE;
  beginLine();
}

export function beginLine(): void {
  nOut = 0;
  nBlanks = 0;
  tooLong = false;
}

// @ts-ignore: decorator
@inline export function lineBytes(): usize { return out; }
// @ts-ignore: decorator
@inline export function lineLength(): u32 { return nOut; }
// @ts-ignore: decorator
@inline export function lineIsTooLong(): bool { return tooLong; }

/** Appends bytes of the raw line, which may come in pieces of any size. */
export function extendLine(x: SampleIndex, at: usize, nBytes: usize): void {
  if (tooLong) return;
  if (x.profile == 0) extendExact(at, nBytes);
  else extendText(x, at, nBytes);
}

/** exact-1: blanks at both ends go, blanks between stay as they are. */
function extendExact(at: usize, nBytes: usize): void {
  for (const end = at + nBytes; at < end; at++) {
    const c = load<u8>(at);
    if (c <= 0x20) {
      if (nOut == 0) continue;
      if (<u64>nOut + nBlanks < limit) store<u8>(out + nOut + <u32>nBlanks, c);
      nBlanks++;
      continue;
    }
    if (<u64>nOut + nBlanks >= limit) {
      tooLong = true;
      return;
    }
    nOut += <u32>nBlanks;
    store<u8>(out + nOut++, c);
    nBlanks = 0;
  }
}

/** text-1: runs of blanks become one, symbols stand apart, letters are small. */
function extendText(x: SampleIndex, at: usize, nBytes: usize): void {
  for (const end = at + nBytes; at < end; at++) {
    const c = load<u8>(at);
    const kind = x.kinds[c];
    if (kind == BLANK) {
      nBlanks = 1;
      continue;
    }
    const apart: u32 = nOut > 0 && (nBlanks > 0 || kind == SYMBOL) ? 1 : 0;
    if (nOut + apart >= limit) {
      tooLong = true;
      return;
    }
    if (apart) store<u8>(out + nOut++, 0x20);
    store<u8>(out + nOut++, c >= 0x41 && c <= 0x5a ? c + 32 : c);
    nBlanks = kind == SYMBOL ? 1 : 0;
  }
}
