// The records of an index that is built, on their way to the host: keys with the numbers of their documents, dealt into
// parts by the first bits of their keys.

import { alloc, array, nil } from "./memory";

/** Takes records from address `at`, part after part, and how many each part has, as words at `counts`. */
// @ts-ignore: decorator
@external("host", "onRecords")
declare function onRecords(at: usize, counts: usize): void;

/** Equal to INDEX_PART_BITS in scan-kernel.ts. */
const PART_BITS: u32 = 7;
const MAX_RECORDS: u32 = 1 << 17;
/** Bits of a record that are its document's number. */
const DOCUMENT_BITS: u32 = 24;

let records: usize = 0;
let parted: usize = 0;
let counts = nil<u32>();
let nRecords: u32 = 0;
/** Records of the documents before the one that is being read. */
let nBefore: u32 = 0;
let documentNumber: u64 = 0;
let hasRecords: bool = false;

/** Before the first shard of an index; a scan needs none of this. */
export function prepareIndexing(): void {
  records = alloc(8 * MAX_RECORDS);
  parted = alloc(8 * MAX_RECORDS);
  counts = array<u32>(1 << PART_BITS);
}

/** A shard begins: its documents are numbered from 0. */
export function beginRecords(): void {
  nRecords = nBefore = 0;
  documentNumber = 0;
  hasRecords = false;
}

// @ts-ignore: decorator
@inline export function addRecord(key: u64): void {
  // Those of a document that may turn out to be none stay: they propose another one at most.
  if (nRecords == MAX_RECORDS) sendRecords();
  hasRecords = true;
  store<u64>(records + (<usize>(nRecords++) << 3), (key >> DOCUMENT_BITS << DOCUMENT_BITS) | documentNumber);
}

/** The document that was read counts if it has a key; returns whether it does. */
export function keepRecords(): bool {
  const counts = hasRecords;
  if (counts) documentNumber++;
  nBefore = nRecords;
  hasRecords = false;
  return counts;
}

/** The document that was read does not count. */
export function dropRecords(): void {
  nRecords = nBefore;
  hasRecords = false;
}

/** Gives what is there to the host. */
export function sendRecords(): void {
  if (!nRecords) return;
  for (let part: u32 = 0; part < 1 << PART_BITS; part++) counts[part] = 0;
  for (let i: u32 = 0; i < nRecords; i++) {
    const part = <u32>(load<u64>(records + (<usize>i << 3)) >> (64 - PART_BITS));
    counts[part] = counts[part] + 1;
  }
  let sum: u32 = 0;
  for (let part: u32 = 0; part < 1 << PART_BITS; part++) {
    const before = sum;
    sum += counts[part];
    counts[part] = before;
  }
  for (let i: u32 = 0; i < nRecords; i++) {
    const record = load<u64>(records + (<usize>i << 3));
    const part = <u32>(record >> (64 - PART_BITS));
    const place = counts[part];
    counts[part] = place + 1;
    store<u64>(parted + (<usize>place << 3), record);
  }
  // The end of each part is where the next one begins.
  onRecords(parted, changetype<usize>(counts));
  nRecords = nBefore = 0;
}
