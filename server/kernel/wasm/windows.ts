// What an index keeps of a document, and what a text is looked up by: for every window of `minLines` significant lines
// one key, the hash of its chosen "gram" of `gramLines` lines. Which gram that is follows from the window alone, so
// equal windows have equal keys wherever they stand, and neighbouring windows mostly share one.

import { addressIn, gramsOf, holdOrders, orderGrams, pickedGrams, pickGrams, prepareGrams } from "./choose-grams";
import { alloc, array, nil, Ptr } from "./memory";
import { hashWindow } from "./hash";
import { createIndex } from "./number-lines";
import { addWindows, SampleIndex } from "./sample-index";
import { hashWith, keysAt, masksAt } from "./form-hash";
import {
  ends, firsts, formBytes, formHash, nLines, nSettled, rawNumber, settleFrom, solidBytes, text, x,
} from "./line-buffer";
import { addRecord, countsOfRecords, documentOfRecords, partsOfRecords } from "./index-records";
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
/** Lines that are looked at in one go: what is known of them stays near the processor. */
const LINES_AT_ONCE: u32 = 256;

/** No window was there yet. */
const NONE: i32 = i32.MIN_VALUE;

let keys: usize = 0;
let nKeys: u32 = 0;
let everyWindow: bool = false;

let documentHash: u64 = 0;
/** Key of the last window, and the number of its gram, counted as lines are. */
let lastKey: u64 = 0;
let chosen: i32 = NONE;

// The last lines of what was read before, then those that are looked at now.
let nHeld: u32 = 0;
let lineHashes = nil<u64>();
let lineRanks = nil<u64>();
let lineNumbers = nil<u32>();

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
  const most = LINES_AT_ONCE + x.minLines;
  keys = alloc(KEY_BYTES * MAX_KEYS);
  lineHashes = array<u64>(most);
  lineRanks = array<u64>(most);
  lineNumbers = array<u32>(most);
  prepareGrams(most);
}

/** Each window gives its key from now on, for a text that is looked up; otherwise keys become records of an index. */
export function giveEveryWindow(): void { everyWindow = true; }

/** Of the document that is being read, or that just ended (in `onRow`): what makes it another when it changes. */
export function documentDigest(): u32 { return <u32>(documentHash >> 32); }

export function beginWindows(): void {
  nHeld = 0;
  chosen = NONE;
  documentHash = 0;
}

export function sendKeys(): void {
  if (nKeys) onKeys(keys, nKeys);
  nKeys = 0;
}

export function dropKeys(): void { nKeys = 0; }

/** Takes the lines out of the buffers. Step by step for many lines, so that no step waits for a guess of another's. */
export function collectLines(): void {
  for (let from: u32 = 0; from < nLines; from += LINES_AT_ONCE) {
    const end = min(from + LINES_AT_ONCE, nLines);
    hashLines(from, end);
    const n = nHeld + (end - from);
    if (n >= x.gramLines) {
      orderGrams(lineRanks, nHeld, n);
      if (n >= x.minLines) {
        if (everyWindow) addKeys(n);
        else addRecords(pickGrams(n, chosen));
      }
    }
    holdLast(n);
  }
  settleFrom(nLines);
}

/** Of the lines from `from` on, which come behind those that are held. */
// @ts-ignore: decorator
@inline function hashLines(from: u32, end: u32): void {
  let j = from, here = nHeld;
  while (true) {
    const n = hashPlain(j, here, end - j);
    j += n;
    here += n;
    if (j == end) break;
    // Out of that loop, which then holds all that it needs in registers.
    const h = formHash(j++);
    documentHash = digestWith(documentHash, h);
    noteForm(here++, h, formBytes());
  }
  // Only who looks up a text asks where it is.
  if (everyWindow) memory.copy(addressIn(lineNumbers, nHeld), addressIn(rawNumber, from), <usize>(end - from) << 2);
}

/** As many of `n` lines as lie in the buffer in their form, but for blanks at their ends; returns how many. */
// @ts-ignore: decorator
@inline function hashPlain(from: u32, to: u32, n: u32): u32 {
  if (x.profile || from < nSettled) return 0;
  const masks = masksAt(), keys = keysAt();
  const keyA = v128.load(keys), keyB = v128.load(keys, 16), keyC = v128.load(keys, 32), keyD = v128.load(keys, 48);
  const seed = x.seed, at = text;
  const firstAt = addressIn(firsts, from), endAt = addressIn(ends, from);
  const hashAt = addressIn(lineHashes, to), rankAt = addressIn(lineRanks, to);
  let digest = documentHash;
  let i: u32 = 0;
  for (; i < n; i++) {
    const first = at + load<u32>(firstAt + (<usize>i << 2));
    const nBytes = solidBytes(first, at + load<u32>(endAt + (<usize>i << 2)));
    if (nBytes > HASHED_BYTES) break;
    const h = hashWith(first, nBytes, seed, masks, keyA, keyB, keyC, keyD);
    digest = digestWith(digest, h);
    store<u64>(hashAt + (<usize>i << 3), h);
    store<u64>(rankAt + (<usize>i << 3), rankOf(h, nBytes));
  }
  documentHash = digest;
  return i;
}

// @ts-ignore: decorator
@inline function digestWith(before: u64, h: u64): u64 {
  const digest = (before ^ h) * 0x9E3779B97F4A7C15;
  return digest ^ (digest >> 29);
}

/** Line `i` of those that are at hand. */
// @ts-ignore: decorator
@inline function noteForm(i: u32, h: u64, nBytes: u32): void {
  lineHashes[i] = h;
  lineRanks[i] = rankOf(h, nBytes);
}

/** Long lines come first: they are seldom those of many documents. */
// @ts-ignore: decorator
@inline function rankOf(h: u64, nBytes: u32): u64 {
  return (<u64>(LAST_CLASS - min(LAST_CLASS, nBytes >> CLASS_SHIFT)) << 60) | (h >> 4);
}

// @ts-ignore: decorator
@inline function addRecords(nPicks: u32): void {
  if (!nPicks) return;
  const k = x.gramLines, isOfThree = k == 3;
  const hashes = lineHashes, list = pickedGrams();
  const parts = partsOfRecords(), counts = countsOfRecords();
  let document = documentOfRecords();
  let before = lastKey;
  let isFirst = chosen == NONE;
  for (let i: u32 = 0; i < nPicks; i++) {
    // A number that is known lets all of the hash be written out.
    const key = isOfThree ? hashWindow(hashes, list[i], 3) : hashWindow(hashes, list[i], k);
    document = addRecord(key, <u32>isFirst | <u32>(key != before), parts, counts, document);
    before = key;
    isFirst = false;
  }
  lastKey = before;
  chosen = list[nPicks - 1];
  noteFound();
}

// @ts-ignore: decorator
@inline function addKeys(n: u32): void {
  const m = x.minLines, k = x.gramLines;
  for (let start: u32 = 0; start + m <= n; start++) {
    const best = <i32>i64x2.extract_lane(gramsOf(start, m - k + 1), 0);
    if (best != chosen) lastKey = hashWindow(lineHashes, best, k);
    chosen = best;
    const at = keys + KEY_BYTES * nKeys++;
    store<u64>(at, lastKey);
    store<u32>(at, lineNumbers[start], 8);
    store<u32>(at, lineNumbers[start + m - 1], 12);
    if (nKeys == MAX_KEYS) sendKeys();
  }
}

/** Of `n` lines holds those that a window of later ones may begin with. */
// @ts-ignore: decorator
@inline function holdLast(n: u32): void {
  nHeld = min(n, x.minLines - 1);
  const from = n - nHeld;
  for (let i: u32 = 0; i < nHeld; i++) {
    lineHashes[i] = lineHashes[from + i];
    lineRanks[i] = lineRanks[from + i];
    lineNumbers[i] = lineNumbers[from + i];
  }
  holdOrders(from, nHeld);
  if (chosen != NONE) chosen -= from;
}
