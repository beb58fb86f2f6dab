// What an index keeps of a document, and what a text is looked up by: for every window of `minLines` significant lines
// one key, the hash of its least "gram" of `gramLines` lines. Which gram is least follows from the window alone, so
// equal windows have equal keys wherever they stand, and neighbouring windows mostly share one.

import { alloc, array, nil, Ptr } from "./memory";
import { hashWindow } from "./hash";
import { createIndex, buildIndex, SampleIndex } from "./sample-index";
import { formBytes, formHash, nLines, rawNumber, settleFrom, x } from "./line-buffer";
import { noteFound } from "./found-lines";

/** Takes `n` records from address `at`; see KEY_BYTES in window-kernel.ts. */
// @ts-ignore: decorator
@external("host", "onKeys")
declare function onKeys(at: usize, n: u32): void;

const KEY_BYTES: u32 = 16;
const MAX_KEYS: u32 = 4096;
/** Of a longer line only so many bytes are hashed: what is looked up is compared anyway. */
const HASHED_BYTES: u32 = 4096;
/** Bytes of a gram in one class of lengths, and how many classes there are. */
const CLASS_BYTES: u32 = 32;
const LAST_CLASS: u32 = 7;

let keys: usize = 0;
let nKeys: u32 = 0;
let lastKey: u64 = 0;
let everyWindow: bool = false;

/** Lines since the document's start, and a hash of all of them. */
let nSeen: u32 = 0;
let documentHash: u64 = 0;

// The last lines and grams, at their number modulo a power of two.
let mask: u32 = 0;
let lineHashes = nil<u64>();
let lineBytes = nil<u32>();
let lineNumbers = nil<u32>();
let grams = nil<u64>();
let orders = nil<u64>();
let recent = nil<u64>();
/** Number of the least gram of the last window. */
let least: u32 = 0;

/** An index without samples: documents are then read for their windows. */
export function createWindowing(minLines: u32, gramLines: u32, profile: u32, seed: u64): SampleIndex {
  const created = createIndex(minLines, profile, seed, u64.MAX_VALUE, 0, 0, 0);
  buildIndex(created);
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
  lineBytes = array<u32>(size);
  lineNumbers = array<u32>(size);
  grams = array<u64>(size);
  orders = array<u64>(size);
  recent = array<u64>(x.gramLines);
}

/** Whether each window gives its key, as for a text that is looked up; otherwise equal neighbours give one. */
export function giveEveryWindow(every: bool): void { everyWindow = every; }

/** Of the document that is being read, or that just ended (in `onRow`): what makes it another when it changes. */
export function documentDigest(): u32 { return <u32>(documentHash >> 32); }

export function beginWindows(): void {
  nSeen = 0;
  documentHash = 0;
  lastKey = 0;
}

export function sendKeys(): void {
  if (nKeys) onKeys(keys, nKeys);
  nKeys = 0;
}

export function dropKeys(): void { nKeys = 0; }

/** Takes the lines out of the buffers. */
export function collectLines(): void {
  const k = x.gramLines;
  for (let j: u32 = 0; j < nLines; j++) {
    const h = formHash(j);
    documentHash = (documentHash ^ h) * 0x9E3779B97F4A7C15;
    documentHash ^= documentHash >> 29;
    const n = nSeen++;
    lineHashes[n & mask] = h;
    lineBytes[n & mask] = formBytes();
    lineNumbers[n & mask] = rawNumber[j];
    if (n + 1 >= k) addGram(n + 1 - k);
  }
  settleFrom(nLines);
}

/** The gram of the lines from number `first` on, and with it the window that ends there. */
// @ts-ignore: decorator
@inline function addGram(first: u32): void {
  const k = x.gramLines, m = x.minLines;
  let nBytes: u32 = 0;
  for (let i: u32 = 0; i < k; i++) {
    recent[i] = lineHashes[(first + i) & mask];
    nBytes += lineBytes[(first + i) & mask];
  }
  const h = hashWindow(recent, 0, k);
  // Long lines are seldom those of many documents.
  const order = (<u64>(LAST_CLASS - min(LAST_CLASS, nBytes / CLASS_BYTES)) << 61) | (h >> 3);
  grams[first & mask] = h;
  orders[first & mask] = order;
  if (first == 0 || isLess(first, least)) least = first;
  if (nSeen < m) return;
  const start = nSeen - m;
  if (least < start) {
    least = start;
    for (let g = start + 1; g <= first; g++) if (isLess(g, least)) least = g;
  }
  addKey(grams[least & mask], lineNumbers[start & mask], lineNumbers[(nSeen - 1) & mask]);
}

// @ts-ignore: decorator
@inline function isLess(a: u32, b: u32): bool {
  const orderA = orders[a & mask], orderB = orders[b & mask];
  return orderA < orderB || (orderA == orderB && grams[a & mask] < grams[b & mask]);
}

// @ts-ignore: decorator
@inline function addKey(key: u64, firstLine: u32, lastLine: u32): void {
  if (key == lastKey && !everyWindow && nSeen > x.minLines) return;
  lastKey = key;
  noteFound();
  const at = keys + KEY_BYTES * nKeys++;
  store<u64>(at, key);
  store<u32>(at, firstLine, 8);
  store<u32>(at, lastLine, 12);
  if (nKeys == MAX_KEYS) sendKeys();
}
