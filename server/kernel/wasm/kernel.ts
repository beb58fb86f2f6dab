// The scan kernel's door: what the host calls. One instance makes the index of the samples; every scan thread
// then has its own instance on the same memory, with buffers of its own.

import { alloc } from "./memory";
import { beginDocument, endDocument, prepareDocuments } from "./document";
import { dropLines, prepareRecords, sendLines } from "./found-lines";
import { prepareRows } from "./row-source";
import { SampleIndex } from "./sample-index";
import { dropKeys, prepareWindows, sendKeys } from "./windows";

export { countTerminators, createIndex, numberTexts } from "./number-lines";
export { addWindows } from "./sample-index";
export { takeBack, usedSoFar } from "./memory";
export { preparePostings, sortRecords, takeRecords } from "./sort-records";
export { beginBuckets, bucketsWritten, postingsWritten, recordsRead, writeBuckets } from "./bucket-lists";
export { beginRecords, dropRecords, keepText, prepareIndexing, sendRecords } from "./index-records";
export { createWindowing, documentDigest, giveEveryWindow } from "./windows";
export {
  beginStream, appendRows, endStream, rowCount, textBytes, currentRow, currentRowOffset,
} from "./row-source";
export { columnAt, columnLength, nameAt, setColumnLength, setNameLength } from "./columns";
export { digestsAt, pieceAt, sendPage, setSource } from "./document-pages";
export { appendText } from "./text-source";

/** Makes this instance ready to scan against a finished index. */
export function attach(index: SampleIndex): void {
  prepareDocuments(index);
  prepareRecords();
  prepareWindows();
  prepareRows();
}

/** A buffer for the pieces of a stream. */
export function createInput(nBytes: u32): usize { return alloc(nBytes); }

/** One document of plain text: `beginText`, `appendText` as often as needed, `endText`. */
export function beginText(): void {
  dropLines();
  dropKeys();
  beginDocument();
}

/** Returns the document's bytes. */
export function endText(): f64 {
  const nBytes = endDocument();
  sendLines();
  sendKeys();
  return <f64>nBytes;
}

// What the host reads of the samples' lines, and where.
export function indexLines(x: SampleIndex): u32 { return x.nLines; }
export function indexPositions(x: SampleIndex): u32 { return x.nPositions; }
export function indexBytes(x: SampleIndex): usize { return x.bytes; }
export function indexLineAt(x: SampleIndex): usize { return changetype<usize>(x.lineAt); }
export function indexSequence(x: SampleIndex): usize { return changetype<usize>(x.sequence); }
export function indexSampleStarts(x: SampleIndex): usize { return changetype<usize>(x.sampleStarts); }
