// What reading one shard for an index leaves on the disk until its segment is written: records, sorted by the first
// bits of their keys alone, pages of documents, and windows of restart points. One file a shard.

import { closeSync, openSync } from 'node:fs';
import { writeAll } from '../write-all.ts';
import type { Region } from './segment-header.ts';

/** Records that were written together. */
export interface SpilledRecords {
  readonly at: number;
  /** The end of each part, in records: one for each value of the first INDEX_PART_BITS bits of keys. */
  readonly ends: Uint32Array;
  /** Documents' numbers are counted from it. */
  readonly firstDocument: number;
}

export interface SpillFile {
  readonly file: string;
  readonly records: readonly SpilledRecords[];
  /** Start of each page of documents, and its length, in turn. */
  readonly pages: Float64Array;
}

export const nRecordsOf = ({ records }: SpillFile): number =>
  records.reduce((sum, { ends }) => sum + ends.at(-1)!, 0);

const BUFFER_BYTES = 1 << 16;

export class SpillWriter {
  readonly #path: string;
  readonly #file: number;
  #at = 0;
  /** Pages are small, and very many: what was written last is held until there is more. */
  readonly #buffer = Buffer.allocUnsafeSlow(BUFFER_BYTES);
  #nHeld = 0;
  readonly #records: SpilledRecords[] = [];
  readonly #pages: number[] = [];

  constructor(path: string) {
    this.#path = path;
    this.#file = openSync(path, 'wx');
  }

  /** In the form in which a kernel gives them. */
  addRecords(records: Uint8Array, counts: Uint32Array, firstDocument: number): void {
    let end = 0;
    const ends = counts.map((n) => (end += n));
    this.#records.push({ at: this.#write(records), ends, firstDocument });
  }

  /** Returns where it lies in the file. */
  addWindow(window: Uint8Array): Region {
    return { at: this.#write(window), nBytes: window.length };
  }

  addPage(page: Buffer): void {
    this.#pages.push(this.#write(page), page.length);
  }

  end(): SpillFile {
    this.#flush();
    this.close();
    return { file: this.#path, records: this.#records, pages: Float64Array.from(this.#pages) };
  }

  close(): void {
    closeSync(this.#file);
  }

  #write(bytes: Uint8Array): number {
    const at = this.#at;
    if (this.#nHeld + bytes.length > BUFFER_BYTES) this.#flush();
    if (bytes.length > BUFFER_BYTES) writeAll(this.#file, this.#path, bytes, at);
    else {
      this.#buffer.set(bytes, this.#nHeld);
      this.#nHeld += bytes.length;
    }
    this.#at += bytes.length;
    return at;
  }

  #flush(): void {
    writeAll(this.#file, this.#path, this.#buffer.subarray(0, this.#nHeld), this.#at - this.#nHeld);
    this.#nHeld = 0;
  }
}
