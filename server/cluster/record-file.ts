// A file of records that is appended to: what a task has done by now. A process that is killed in the middle of a record
// leaves its beginning behind, which readers pass over.

import { closeSync, fstatSync, fsyncSync, openSync, readSync, writeSync } from 'node:fs';
import { crc32 } from 'node:zlib';

/** Bytes of a record's length and checksum, before it. */
const HEAD_BYTES = 8;

export class RecordWriter implements Disposable {
  readonly #file: number;
  #isOpen = true;

  /** The file must not be there yet: nobody else writes it. */
  constructor(path: string) {
    this.#file = openSync(path, 'wx');
  }

  append(record: Uint8Array): void {
    const head = new DataView(new ArrayBuffer(HEAD_BYTES));
    head.setUint32(0, record.length, true);
    head.setUint32(4, crc32(record), true);
    // One write as a rule, so that little can be torn.
    const bytes = Buffer.concat([new Uint8Array(head.buffer), record]);
    for (let done = 0; done < bytes.length; ) done += writeSync(this.#file, bytes, done);
  }

  /** All of it is on the disk then. */
  end(): void {
    fsyncSync(this.#file);
    this[Symbol.dispose]();
  }

  [Symbol.dispose](): void {
    if (this.#isOpen) closeSync(this.#file);
    this.#isOpen = false;
  }
}

/** The whole records of a file, up to the first that is not. */
export function* readRecords(path: string): Generator<Uint8Array, undefined> {
  const file = openSync(path, 'r');
  try {
    const { size } = fstatSync(file);
    for (let at = 0; at + HEAD_BYTES <= size; ) {
      const head = readAt(file, at, HEAD_BYTES);
      if (head === undefined) return;
      const nBytes = head.readUInt32LE(0);
      const record = at + HEAD_BYTES + nBytes <= size ? readAt(file, at + HEAD_BYTES, nBytes) : undefined;
      if (record === undefined || crc32(record) !== head.readUInt32LE(4)) return;
      yield record;
      at += HEAD_BYTES + nBytes;
    }
  } finally {
    closeSync(file);
  }
}

/** Undefined where the file ends before. */
function readAt(file: number, at: number, nBytes: number): Buffer | undefined {
  const bytes = Buffer.allocUnsafe(nBytes);
  for (let done = 0; done < nBytes; ) {
    const n = readSync(file, bytes, done, nBytes - done, at + done);
    if (n === 0) return undefined;
    done += n;
  }
  return bytes;
}
