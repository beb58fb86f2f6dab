// What an index keeps of documents beside their keys, gathered for a page of them: where each stands, what its row says of
// where it comes from, and a digest of its lines. server/corpus-index/document-pages.ts makes pages of it.

import { alloc, array, nil, Ptr } from "./memory";
import { COLUMN_BYTES, columnAt, columnLength, N_COLUMNS } from "./columns";
import { documentDigest } from "./windows";

/** Takes what `DocumentPage` in scan-kernel.ts describes: words at `lengths`, and how many documents these are. */
// @ts-ignore: decorator
@external("host", "onPage")
declare function onPage(nDocuments: u32, lengths: usize): void;

/** Equal to PAGE_DOCUMENTS in server/corpus-index/document-pages.ts. */
const PAGE_DOCUMENTS: u32 = 64;
/** The differences of row and offset take up to ten bytes each, the lengths of names two. */
const NUMBERS_BYTES: usize = 32;
/** Those of texts that are no rows may end with the rest of a letter. */
const NAME_BYTES: usize = COLUMN_BYTES + 8;

/** Numbers of the documents, then the bytes of each of their names, one piece after the other with room behind each. */
let pieces: usize = 0;
let lengths = nil<u32>();
let digests = nil<u32>();
/** Which columns repository, path and licence are. */
let sources = nil<u32>();
let nDocuments: u32 = 0;
let lastRow: u64 = 0;
let lastOffset: u64 = 0;

export function preparePages(): void {
  pieces = alloc(pieceAt(N_COLUMNS + 1));
  lengths = array<u32>(N_COLUMNS + 1);
  digests = array<u32>(PAGE_DOCUMENTS);
  sources = array<u32>(N_COLUMNS);
}

export function digestsAt(): Ptr<u32> { return digests; }

/** Of the numbers for 0, of the names behind that. */
export function pieceAt(piece: u32): usize {
  const names = pieces + PAGE_DOCUMENTS * NUMBERS_BYTES;
  return piece ? names + (piece - 1) * (PAGE_DOCUMENTS * NAME_BYTES + 16) : pieces;
}

/** From now on the name of that number is the one of a column. */
export function setSource(name: u32, column: u32): void { sources[name] = column; }

export function beginPages(): void { clearPage(); }

/** The document that just ended, whose names are in the columns. */
export function addDocument(row: u64, byteOffset: u64): void {
  writeNumber(row - lastRow);
  writeNumber(byteOffset - lastOffset);
  lastRow = row;
  lastOffset = byteOffset;
  digests[nDocuments++] = documentDigest();
  for (let name: u32 = 0; name < N_COLUMNS; name++) {
    const column = sources[name];
    const nBytes = columnLength(column);
    writeNumber(nBytes);
    const before = lengths[name + 1];
    copyShort(columnAt(column), pieceAt(name + 1) + before, nBytes);
    lengths[name + 1] = before + nBytes;
  }
  if (nDocuments == PAGE_DOCUMENTS) sendPage();
}

/** Gives the documents that are there to the host. */
export function sendPage(): void {
  if (nDocuments) onPage(nDocuments, changetype<usize>(lengths));
  clearPage();
}

function clearPage(): void {
  nDocuments = 0;
  lastRow = lastOffset = 0;
  for (let piece: u32 = 0; piece <= N_COLUMNS; piece++) lengths[piece] = 0;
}

/** Both have room behind their end: names are short, and a call takes longer than they do. */
// @ts-ignore: decorator
@inline function copyShort(from: usize, to: usize, nBytes: usize): void {
  for (let done: usize = 0; done < nBytes; done += 16) v128.store(to + done, v128.load(from + done));
}

/** Seven bits a byte, the lowest first. */
function writeNumber(value: u64): void {
  let at = pieces + lengths[0];
  let rest = value;
  for (; rest >= 0x80; rest >>= 7) store<u8>(at++, <u8>(rest | 0x80));
  store<u8>(at++, <u8>rest);
  lengths[0] = <u32>(at - pieces);
}
