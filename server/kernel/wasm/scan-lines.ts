// Compares the lines in the buffers with the samples: tests every window whose lines are all there, and hands over
// the runs, lines whose windows all occur in the samples.

import { hashWindow, sameBytes } from "./hash";
import {
  endOf, ends, hashes, identify, ids, isKnownAs, mayBeKnown, nLines, nSettled, rawNumber, settleFrom, startOf, starts,
  text, x,
} from "./line-buffer";
import { findWindow, mayHoldWindow, NO_LINE, NO_POSITION } from "./sample-index";
import { emitAgain, emitLine } from "./found-lines";

/** First line of the next window to test, and the first line that is not known to pass the bitmap. */
let at: u32 = 0;
let known: u32 = 0;
/** End of a run that was found, in the buffers: one behind its last line; -1 when none can go on. */
let runEnd: i32 = -1;
/** How many equal lines the last window found ends with, at least, while its run goes on. */
let nEqual: u32 = 0;
/** Position in the samples' sequence of the line that follows the last window found, or NO_POSITION. */
let follower: u32 = NO_POSITION;

export function beginScan(): void {
  at = known = 0;
  runEnd = -1;
  nEqual = 0;
  follower = NO_POSITION;
}

/** After `scanLines`: keeps the lines from `at` on, which no complete window covers, without their bytes. */
export function settleLines(): void {
  settleFrom(at);
  runEnd = runEnd >= <i32>at ? runEnd - <i32>at : -1;
  at = known = 0;
}

/**
 * Tests every window whose lines are all there, as Horspool searches text: the last line first; a line that no
 * sample has rules out all windows over it, so most lines are never hashed.
 */
export function scanLines(): void {
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
    if (follower != NO_POSITION && runEnd == <i32>(i + m - 1)) {
      i = passFollowing(i);
      passed = i + m - 1;
      if (passed == nLines) break;
      if (nEqual >= m) continue;
    }
    if (passed < i) passed = i;
    let j = i + m - 1;
    let miss = false;
    while (true) {
      if (!mayBeKnown(j, set, shift)) {
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
  follower = NO_POSITION;
  let j = i + x.minLines - 1;
  for (; j < nLines && j > nSettled; j++) {
    const start = starts[j], before = starts[j - 1];
    const n = ends[j] - start;
    if (n != ends[j - 1] - before || rawNumber[j] != rawNumber[j - 1] + 1) break;
    if (!sameBytes(text + start, text + before, n)) break;
    hashes[j] = hashes[j - 1];
    ids[j] = ids[j - 1];
    emitAgain(ids[j], rawNumber[j], startOf(j), endOf(j), start - before);
  }
  runEnd = <i32>j;
  return j + 1 - x.minLines;
}

/**
 * Behind a window that was found: goes over as many lines as follow it in that sample, too. Each completes a window
 * of the samples, so nothing needs to be looked up. Returns the next window to test.
 */
function passFollowing(i: u32): u32 {
  let j = i + x.minLines - 1;
  for (; j < nLines && j >= nSettled && nEqual < x.minLines; j++) {
    const id = x.sequence[follower];
    if (id == NO_LINE || !isKnownAs(j, id)) {
      follower = NO_POSITION;
      break;
    }
    follower++;
    nEqual = id == ids[j - 1] ? nEqual + 1 : 1;
    emitLine(id, rawNumber[j], startOf(j), endOf(j), false);
  }
  runEnd = <i32>j;
  return j + 1 - x.minLines;
}

/** All lines of the window at `i` pass the bitmap: settle it by comparing bytes. */
function testWindow(i: u32): void {
  const m = x.minLines;
  const last = i + m - 1;
  // A window of one line m times, right behind such a window: long runs of one line are frequent, and this is
  // all that they cost.
  if (runEnd == <i32>last && nEqual >= m && identify(last) == ids[last - 1]) {
    nEqual++;
    follower = NO_POSITION;
    emitWindow(i);
    return;
  }
  nEqual = 0;
  const w = hashWindow(hashes, i, m);
  if (!mayHoldWindow(x, w)) return;
  for (let k: u32 = 0; k < m; k++) {
    if (identify(i + k) == NO_LINE) return;
  }
  const position = findWindow(x, ids, i, w);
  if (position == NO_POSITION) return;
  follower = position + m;
  nEqual = 1;
  while (nEqual < m && ids[last - nEqual] == ids[last]) nEqual++;
  emitWindow(i);
}

/** The window at `i` is in the samples: it starts a run, or adds its last line to the one that goes on. */
function emitWindow(i: u32): void {
  const last = i + x.minLines - 1;
  const goesOn = runEnd == <i32>last;
  for (let j = goesOn ? last : i; j <= last; j++) {
    emitLine(ids[j], rawNumber[j], startOf(j), endOf(j), !goesOn && j == i);
  }
  runEnd = <i32>last + 1;
}
