// The records of an index that is built, on their way to the host: keys with the numbers of their documents, each put to its
// part by the first bits of its key. Six bytes say both, since parts and what is given at once know the rest.

import { addDocument, beginPages, preparePages } from "./document-pages";
import { alloc, array, nil, Ptr } from "./memory";

/** Takes parts from address `at`, one after the other, and how many records each has, as words at `counts`. */
// @ts-ignore: decorator
@external("host", "onRecords")
declare function onRecords(at: usize, counts: usize, firstDocument: u32): void;

/** Equal to INDEX_PART_BITS in scan-kernel.ts. */
export const PART_BITS: u64 = 7;
const N_PARTS: u32 = 1 << <u32>PART_BITS;
/** Records that a part has room for, and one more: what is written is two bytes longer than a record. */
const PART_RECORDS: u32 = 1 << 11;
/** Of a key so many bits are kept. */
const KEY_BITS: u64 = 40;
export const RECORD_BYTES: usize = 6;
/** What is left of a key behind its part's bits lies above so many bits, of the document's number less the first one's. */
export const DOCUMENT_BITS: u64 = 8 * RECORD_BYTES - (KEY_BITS - PART_BITS);

let parts: usize = 0;
let counts = nil<u32>();
/** The document that numbers are counted from, and the one that is being read. */
let firstDocument: u32 = 0;
let documentNumber: u32 = 0;
let hasRecords: bool = false;

/** Before the first shard of an index; a scan needs none of this. */
export function prepareIndexing(): void {
  parts = alloc(<usize>N_PARTS * PART_RECORDS * RECORD_BYTES);
  counts = array<u32>(N_PARTS);
  preparePages();
}

/** A shard begins: its documents are numbered from 0. */
export function beginRecords(): void {
  clearParts();
  beginPages();
  documentNumber = firstDocument = 0;
  hasRecords = false;
}

// @ts-ignore: decorator
@inline function partAt(parts: usize, part: u32): usize { return parts + <usize>part * PART_RECORDS * RECORD_BYTES; }

// What `addRecord` takes, for a loop that holds it in registers. Asking for the document's number says that it has records.
// @ts-ignore: decorator
@inline export function partsOfRecords(): usize { return parts; }
// @ts-ignore: decorator
@inline export function countsOfRecords(): Ptr<u32> { return counts; }
// @ts-ignore: decorator
@inline export function documentOfRecords(): u64 {
  hasRecords = true;
  return <u64>(documentNumber - firstDocument);
}

/** A record, where `isAnother` is 1; where it is 0, the next one takes its place. Returns the document's number from then on. */
// @ts-ignore: decorator
@inline export function addRecord(key: u64, isAnother: u32, parts: usize, counts: Ptr<u32>, document: u64): u64 {
  const part = <u32>(key >> (64 - PART_BITS));
  const n = counts[part];
  const rest = (key << PART_BITS) >> (64 - KEY_BITS + PART_BITS);
  store<u64>(partAt(parts, part) + <usize>n * RECORD_BYTES, (rest << DOCUMENT_BITS) | document);
  counts[part] = n + isAnother;
  if (n + 2 < PART_RECORDS) return document;
  // Those of a document that may turn out to be none stay: they propose another one at most.
  sendRecords();
  return documentOfRecords();
}

/** The document that was read, whose names are in the columns, counts if it has a key; returns whether it does. */
export function keepDocument(row: u64, byteOffset: u64): bool {
  if (!hasRecords) return false;
  hasRecords = false;
  addDocument(row, byteOffset);
  if (++documentNumber - firstDocument == 1 << <u32>DOCUMENT_BITS) sendRecords();
  return true;
}

/** The same for a text that is no row. */
export function keepText(row: f64, byteOffset: f64): bool { return keepDocument(<u64>row, <u64>byteOffset); }

/** The document that was read does not count: its records are the last ones. */
export function dropRecords(): void {
  hasRecords = false;
  const document = documentNumber - firstDocument;
  for (let part: u32 = 0; part < N_PARTS; part++) {
    let n = counts[part];
    while (n && (load<u32>(partAt(parts, part) + <usize>(n - 1) * RECORD_BYTES) & ((1 << <u32>DOCUMENT_BITS) - 1)) == document) n--;
    counts[part] = n;
  }
}

/** Gives what is there to the host, without gaps. */
export function sendRecords(): void {
  let to = parts;
  for (let part: u32 = 0; part < N_PARTS; part++) {
    const nBytes = <usize>counts[part] * RECORD_BYTES;
    memory.copy(to, partAt(parts, part), nBytes);
    to += nBytes;
  }
  if (to > parts) onRecords(parts, changetype<usize>(counts), firstDocument);
  clearParts();
  firstDocument = documentNumber;
}

function clearParts(): void {
  for (let part: u32 = 0; part < N_PARTS; part++) counts[part] = 0;
}
