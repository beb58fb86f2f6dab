// The columns of a row: what the host calls them, and the bytes of those that say where a document came from.

import { alloc, array, nil } from "./memory";

// What a string of a row can be. The columns come first; their order is that of scan-kernel.ts.
// @ts-ignore: decorator
@inline export const N_COLUMNS: u32 = 3;
// @ts-ignore: decorator
@inline export const IS_CONTENT: u32 = 3;
// @ts-ignore: decorator
@inline export const IS_OTHER: u32 = 4;
// @ts-ignore: decorator
@inline export const IS_KEY: u32 = 5;

/** Longer names are cut here: enough to tell apart what anyone has called a file. */
// @ts-ignore: decorator
@inline export const COLUMN_BYTES: u32 = 1 << 13;
/** Longer keys are cut, so a name is shorter (MAX_NAME_BYTES in scan-kernel.ts). */
// @ts-ignore: decorator
@inline export const KEY_BYTES: u32 = 1024;

let captured: usize = 0; // the columns' bytes, then those of a key
let columnBytes = nil<u32>();

let names: usize = 0; // of the columns and the content, KEY_BYTES each
let nameBytes = nil<u32>();

export function prepareColumns(): void {
  columnBytes = array<u32>(N_COLUMNS);
  captured = alloc((N_COLUMNS + 1) * (COLUMN_BYTES + 64));
  names = alloc((IS_CONTENT + 1) * KEY_BYTES);
  nameBytes = array<u32>(IS_CONTENT + 1);
}

/** The host writes the name of a column there, at most KEY_BYTES - 1 bytes, and says how many they are. */
export function nameAt(column: u32): usize { return names + column * KEY_BYTES; }
export function setNameLength(column: u32, nBytes: u32): void { nameBytes[column] = nBytes; }

/** Address of a column's bytes. Those of strings that are none may be written behind the last one. */
export function columnAt(column: u32): usize { return captured + column * (COLUMN_BYTES + 64); }
export function columnLength(column: u32): u32 { return columnBytes[column]; }
export function setColumnLength(column: u32, nBytes: u32): void { columnBytes[column] = nBytes; }
export function clearColumns(): void {
  for (let i: u32 = 0; i < N_COLUMNS; i++) columnBytes[i] = 0;
}

/** Address that the key that is being read is written to. */
export function keyAt(): usize { return columnAt(N_COLUMNS); }

/** Which of the named columns a key of this length at `keyAt()` is, or IS_OTHER. */
export function nameOfKey(nBytes: u32): u32 {
  for (let i: u32 = 0; i <= IS_CONTENT; i++) {
    if (nameBytes[i] == nBytes && memory.compare(nameAt(i), keyAt(), nBytes) == 0) return i;
  }
  return IS_OTHER;
}
