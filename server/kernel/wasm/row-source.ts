// JSON lines as they come from the disk: one object a row, one of its strings is a document, three more, or
// lists of strings, say where it came from; the host names these columns. The bytes are read once, in pieces
// of any size; a row is never held, and a damaged one never counts. server/corpus/parse-row.ts says the same plainly.

import { alloc } from "./memory";
import { prepareColumns } from "./columns";
import { dropLines, sendLines, takeAnyFound } from "./found-lines";
import { dropRecords, keepDocument } from "./index-records";
import { dropKeys, sendKeys } from "./windows";
import { ESCAPE_BYTES } from "./escapes";
import {
  beginRow, breakRow, closeString, hasContent, isEmptyRow, isInString, isWholeRow, prepareStructure, readStructure,
  rowDocumentBytes, rowEnded,
} from "./row-structure";
import { CLOSED, DAMAGED, readString, stringProgress } from "./row-strings";

/** A row ended. Called when something was found in it or it cannot be read; see RowStatus in scan-kernel.ts. */
// @ts-ignore: decorator
@external("host", "onRow")
declare function onRow(status: u32): void;

const ROW_OK: u32 = 0;
const ROW_NOT_JSON: u32 = 1;
const ROW_NO_CONTENT: u32 = 2;
const ROW_TOO_LONG: u32 = 3;

/** Equal to MAX_ROW_BYTES in server/corpus/read-rows.ts. */
const MAX_ROW_BYTES: u64 = 256 << 20;

let carried: usize = 0;
let nCarried: u32 = 0;

let streamOffset: u64 = 0;
let rowOffset: u64 = 0;
let rowNumber: u32 = 0;
let nRows: u64 = 0;
let contentBytes: u64 = 0;

export function prepareRows(): void {
  prepareStructure();
  prepareColumns();
  carried = alloc(ESCAPE_BYTES);
}

export function beginStream(): void {
  nCarried = 0;
  dropLines();
  dropKeys();
  streamOffset = rowOffset = 0;
  rowNumber = 0;
  nRows = contentBytes = 0;
  beginRow();
}

// What the host asks for.
export function rowCount(): f64 { return <f64>nRows; }
export function textBytes(): f64 { return <f64>contentBytes; }
export function currentRow(): u32 { return rowNumber; }
export function currentRowOffset(): f64 { return <f64>rowOffset; }

/** Reads the next bytes of the stream. The `ESCAPE_BYTES` before `at` belong to the reader too. */
export function appendRows(at: usize, nBytes: u32): void {
  const end = at + nBytes;
  const first = at - nCarried;
  memory.copy(first, carried, nCarried);
  const firstOffset = streamOffset - nCarried;
  streamOffset += nBytes;
  let p = first;
  nCarried = 0;
  while (p < end) {
    if (!isInString()) {
      p = readStructure(p, end);
      if (rowEnded()) endRow(firstOffset + (p - first) - 1);
      continue;
    }
    const before = p;
    p = readString(p, end);
    const progress = stringProgress();
    if (progress == CLOSED) closeString();
    else if (progress == DAMAGED) breakRow();
    else if (p == before) {
      // An escape that goes on in the next piece: at most ESCAPE_BYTES - 1 of it are here.
      nCarried = <u32>(end - p);
      memory.copy(carried, p, nCarried);
      return;
    }
  }
}

/** The stream ended where it should: a last row without LF counts. */
export function endStream(): void {
  if (nCarried || isInString()) breakRow();
  nCarried = 0;
  endRow(streamOffset);
}

/** `end` is where the LF stands, or would stand. */
function endRow(end: u64): void {
  if (!isEmptyRow()) {
    const status = endStatus(end - rowOffset > MAX_ROW_BYTES);
    if (status == ROW_OK) {
      nRows++;
      contentBytes += rowDocumentBytes();
    }
    if (takeAnyFound() || status != ROW_OK) {
      sendLines();
      sendKeys();
      // An index takes what it keeps of a row from the page.
      if (status != ROW_OK || !keepDocument(rowNumber, rowOffset)) onRow(status);
      if (status != ROW_OK) dropRecords();
    }
    // What is passed over has no number.
    if (status != ROW_TOO_LONG) rowNumber++;
  }
  rowOffset = end + 1;
  beginRow();
}

function endStatus(isTooLong: bool): u32 {
  if (isTooLong) return ROW_TOO_LONG;
  if (!isWholeRow()) return ROW_NOT_JSON;
  return hasContent() ? ROW_OK : ROW_NO_CONTENT;
}
