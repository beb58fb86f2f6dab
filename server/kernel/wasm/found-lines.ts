// Lines of matched runs on their way to the host, in batches.

import { alloc } from "./memory";

/** Takes `n` records from address `at`; see RECORD_BYTES in scan-kernel.ts. */
// @ts-ignore: decorator
@external("host", "onLines")
declare function onLines(at: usize, n: u32): void;

const RECORD_BYTES: u32 = 40;
const MAX_RECORDS: u32 = 512;

let records: usize = 0;
let nRecords: u32 = 0;
let anyFound: bool = false;

export function prepareRecords(): void {
  records = alloc(RECORD_BYTES * MAX_RECORDS);
}

/** One line of a run. `first` says that it begins a run; offsets count from the document's start. */
export function emitLine(id: u32, rawLine: u32, start: u64, end: u64, first: bool): void {
  const at = records + RECORD_BYTES * nRecords++;
  store<u32>(at, id);
  store<u32>(at, rawLine, 4);
  store<f64>(at, <f64>start, 8);
  store<f64>(at, <f64>end, 16);
  store<u32>(at, first, 24);
  store<u32>(at, 0, 28);
  anyFound = true;
  if (nRecords == MAX_RECORDS) sendLines();
}

/** Emits the line once more that was just emitted, on the next raw line, `stride` bytes further. */
export function emitAgain(id: u32, rawLine: u32, start: u64, end: u64, stride: u32): void {
  if (nRecords) {
    const at = records + RECORD_BYTES * (nRecords - 1);
    const nAgain = load<u32>(at, 28);
    if (nAgain == 0 || load<u32>(at, 32) == stride) {
      store<u32>(at, nAgain + 1, 28);
      store<u32>(at, stride, 32);
      return;
    }
  }
  emitLine(id, rawLine, start, end, false);
}

export function sendLines(): void {
  if (nRecords) onLines(records, nRecords);
  nRecords = 0;
}

/** Forgets what was found in a row that never ended. */
export function dropLines(): void {
  nRecords = 0;
  anyFound = false;
}

/** Something was found that is no line of a run. */
// @ts-ignore: decorator
@inline export function noteFound(): void { anyFound = true; }

/** Whether anything was found since the last call. */
export function takeAnyFound(): bool {
  const any = anyFound;
  anyFound = false;
  return any;
}
