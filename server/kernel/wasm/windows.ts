// What an index keeps of a document, and what a text is looked up by: for every window of `minLines` significant lines
// one key, the hash of its chosen "gram" of `gramLines` lines. Which gram that is follows from the window alone, so
// equal windows have equal keys wherever they stand, and neighbouring windows mostly share one.

import { alloc, array, nil, Ptr } from "./memory";
import { hashWindow } from "./hash";
import { createIndex } from "./number-lines";
import { addWindows, SampleIndex } from "./sample-index";
import { formBytes, formHash, nLines, rawNumber, settleFrom, x } from "./line-buffer";
import { addRecord } from "./index-records";
import { noteFound } from "./found-lines";

/** Takes `n` records from address `at`; see KEY_WORDS in scan-kernel.ts. */
// @ts-ignore: decorator
@external("host", "onKeys")
declare function onKeys(at: usize, n: u32): void;

const KEY_BYTES: u32 = 16;
const MAX_KEYS: u32 = 4096;
/** Of a longer line only so many bytes are hashed: what is looked up is compared anyway. */
const HASHED_BYTES: u32 = 4096;
/** Bytes of a line in one class of lengths, as a power of two, and the last class. */
const CLASS_SHIFT: u32 = 4;
const LAST_CLASS: u32 = 7;
/** In the order of a gram that is taken only where a window has no better one. */
const CLOSED_BIT: u64 = 63;

let keys: usize = 0;
let nKeys: u32 = 0;
let everyWindow: bool = false;

/** Lines since the document's start, and a hash of all of them. */
let nSeen: u32 = 0;
let documentHash: u64 = 0;
/** Key of the last window, and the number of its gram. */
let lastKey: u64 = 0;
let chosen: u32 = 0;

// The last lines and grams, at their number modulo a power of two.
let mask: u32 = 0;
let lineHashes = nil<u64>();
let lineRanks = nil<u64>();
let lineNumbers = nil<u32>();
let orders = nil<u64>();
let gram = nil<u64>();

/** An index without samples: documents are then read for their windows. */
export function createWindowing(minLines: u32, gramLines: u32, profile: u32, seed: u64): SampleIndex {
  const created = createIndex(minLines, profile, seed, u64.MAX_VALUE, 0, 0);
  addWindows(created);
  created.gramLines = gramLines;
  created.maxLineBytes = HASHED_BYTES;
  return created;
}

export function prepareWindows(): void {
  if (!x.gramLines) return;
  let size: u32 = 16;
  while (size <= x.minLines) size <<= 1;
  mask = size - 1;
  keys = alloc(KEY_BYTES * MAX_KEYS);
  lineHashes = array<u64>(size);
  lineRanks = array<u64>(size);
  lineNumbers = array<u32>(size);
  orders = array<u64>(size);
  gram = array<u64>(x.gramLines);
}

/** Each window gives its key from now on, for a text that is looked up; otherwise keys become records of an index. */
export function giveEveryWindow(): void { everyWindow = true; }

/** Of the document that is being read, or that just ended (in `onRow`): what makes it another when it changes. */
export function documentDigest(): u32 { return <u32>(documentHash >> 32); }

export function beginWindows(): void {
  nSeen = 0;
  documentHash = 0;
}

export function sendKeys(): void {
  if (nKeys) onKeys(keys, nKeys);
  nKeys = 0;
}

export function dropKeys(): void { nKeys = 0; }

/** Takes the lines out of the buffers. */
export function collectLines(): void {
  const k = x.gramLines, m = x.minLines, middle = (k - 1) >> 1;
  let digest = documentHash;
  let n = nSeen;
  for (let j: u32 = 0; j < nLines; j++) {
    const h = formHash(j);
    digest = (digest ^ h) * 0x9E3779B97F4A7C15;
    digest ^= digest >> 29;
    const here = n & mask;
    lineHashes[here] = h;
    // Long lines are seldom those of many documents.
    lineRanks[here] = (<u64>(LAST_CLASS - min(LAST_CLASS, formBytes() >> CLASS_SHIFT)) << 60) | (h >> 4);
    lineNumbers[here] = rawNumber[j];
    n++;
    if (n < k) continue;
    const first = n - k;
    orders[first & mask] = orderOf(first, first + middle, n);
    if (n >= m) endWindow(n - m, first);
    else if (first == 0 || orders[first & mask] < orders[chosen & mask]) chosen = first;
  }
  nSeen = n;
  documentHash = digest;
  settleFrom(nLines);
}

/**
 * Order of the gram of the lines from `first` up to `end`: first come those whose middle line is the least of their
 * lines, which no neighbours both are, so windows share them longest; then the least middle line.
 */
// @ts-ignore: decorator
@inline function orderOf(first: u32, middle: u32, end: u32): u64 {
  const rank = lineRanks[middle & mask];
  // Without branches, which nobody could foresee.
  let isClosed: u64 = 0;
  for (let i = first; i < middle; i++) isClosed |= <u64>(lineRanks[i & mask] <= rank);
  for (let i = middle + 1; i < end; i++) isClosed |= <u64>(lineRanks[i & mask] <= rank);
  return rank | (isClosed << CLOSED_BIT);
}

/** The window of the lines from `start` on, whose last gram is number `last`. Of equal grams the first is chosen. */
// @ts-ignore: decorator
@inline function endWindow(start: u32, last: u32): void {
  let best = chosen;
  if (start == 0) {
    // What was chosen of a document's first lines; a window may have but one gram.
    if (last == 0 || orders[last & mask] < orders[best & mask]) best = last;
  } else if (best < start) {
    best = start;
    for (let g = start + 1; g <= last; g++) if (orders[g & mask] < orders[best & mask]) best = g;
  } else if (orders[last & mask] < orders[best & mask]) best = last;
  if (start == 0 || best != chosen) {
    chosen = best;
    for (let i: u32 = 0; i < x.gramLines; i++) gram[i] = lineHashes[(best + i) & mask];
    const key = hashWindow(gram, 0, x.gramLines);
    const isNew = start == 0 || key != lastKey;
    lastKey = key;
    if (isNew && !everyWindow) {
      noteFound();
      addRecord(key);
    }
  }
  if (everyWindow) addKey(lastKey, lineNumbers[start & mask], lineNumbers[(start + x.minLines - 1) & mask]);
}

// @ts-ignore: decorator
@inline function addKey(key: u64, firstLine: u32, lastLine: u32): void {
  const at = keys + KEY_BYTES * nKeys++;
  store<u64>(at, key);
  store<u32>(at, firstLine, 8);
  store<u32>(at, lastLine, 12);
  if (nKeys == MAX_KEYS) sendKeys();
}
