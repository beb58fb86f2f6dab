// What reading one shard for an index leaves on the disk until its segment is written: records, sorted by the first
// bits of their keys alone, and pages of documents. One file a shard.

import { closeSync, openSync } from 'node:fs';
import { KEY_WORDS } from '../kernel/scan-kernel.ts';
import { writeAll } from './write-all.ts';

/** Records are kept apart by so many bits of their keys: each part of a segment is then sorted in memory. */
export const PART_BITS = 6;
export const N_PARTS = 2 ** PART_BITS;
/** Records that are held: 2 MB, and as many again while they are sorted into parts. */
const HELD_RECORDS = 1 << 18;

/** Records that were written together. */
export interface SpilledRecords {
  readonly at: number;
  /** Records of each part, one part after the other. */
  readonly counts: Uint32Array;
}

export interface SpillFile {
  readonly file: string;
  readonly records: readonly SpilledRecords[];
  /** Start of each page of documents, and its length, in turn. */
  readonly pages: Float64Array;
}

/** Two words a record: the lower one has a key's bits in its upper eight, and the document's number. */
export const RECORD_BYTES = 8;

export class SpillWriter {
  readonly #path: string;
  readonly #file: number;
  #words = new Uint32Array(2 * HELD_RECORDS);
  #n = 0;
  #at = 0;
  readonly #records: SpilledRecords[] = [];
  readonly #pages: number[] = [];

  constructor(path: string) {
    this.#path = path;
    this.#file = openSync(path, 'wx');
  }

  /** What was added since can be taken back. */
  get nHeld(): number {
    return this.#n;
  }

  takeBack(nHeld: number): void {
    this.#n = nHeld;
  }

  /** `n` keys of a document, as the kernel gives them. */
  addKeys(keys: Uint32Array, first: number, n: number, document: number): void {
    while (2 * (this.#n + n) > this.#words.length) {
      const grown = new Uint32Array(2 * this.#words.length);
      grown.set(this.#words);
      this.#words = grown;
    }
    const words = this.#words;
    let at = 2 * this.#n;
    for (let key = first; key < first + n * KEY_WORDS; key += KEY_WORDS) {
      words[at++] = (keys[key]! & 0xff000000) | document;
      words[at++] = keys[key + 1]!;
    }
    this.#n += n;
  }

  /** Between documents: what is held is written when it is much. */
  documentEnded(): void {
    if (this.#n >= HELD_RECORDS) this.#flush();
  }

  addPage(page: Buffer): void {
    this.#pages.push(this.#write(page), page.length);
  }

  end(): SpillFile {
    if (this.#n > 0) this.#flush();
    this.close();
    return { file: this.#path, records: this.#records, pages: Float64Array.from(this.#pages) };
  }

  close(): void {
    closeSync(this.#file);
  }

  #write(bytes: Uint8Array): number {
    const at = this.#at;
    writeAll(this.#file, this.#path, bytes, at);
    this.#at += bytes.length;
    return at;
  }

  #flush(): void {
    const counts = new Uint32Array(N_PARTS);
    const words = this.#words;
    const n = this.#n;
    for (let i = 0; i < n; i++) counts[words[2 * i + 1]! >>> (32 - PART_BITS)]!++;
    const next = new Uint32Array(N_PARTS);
    for (let part = 1; part < N_PARTS; part++) next[part] = next[part - 1]! + counts[part - 1]!;
    const parted = new Uint32Array(2 * n);
    for (let i = 0; i < n; i++) {
      const high = words[2 * i + 1]!;
      const at = next[high >>> (32 - PART_BITS)]!++;
      parted[2 * at] = words[2 * i]!;
      parted[2 * at + 1] = high;
    }
    this.#records.push({ at: this.#write(new Uint8Array(parted.buffer)), counts });
    this.#n = 0;
  }
}
