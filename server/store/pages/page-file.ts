// The pages of a SQLite file that nobody has open, for whoever adds many: https://sqlite.org/fileformat2.html, section 1. Knows
// nothing of what is in them.

import { closeSync, openSync, readSync } from 'node:fs';
import { sync, writeAll } from '../../write-all.ts';

const HEADER_BYTES = 100;
/** Places in the header. */
const PAGE_SIZE_AT = 16;
const RESERVED_AT = 20;
const N_PAGES_AT = 28;
const LARGEST_ROOT_AT = 52;
/** What a page of 64 KiB is called. */
const LARGEST_SIZE = 1;
/** SQLite locks bytes of the page that holds this one, and keeps nothing in it. */
const LOCK_BYTE = 2 ** 30;
const PAGES_AT_ONCE = 64;

export class PageFile implements Disposable {
  readonly pageBytes: number;
  /** What a tree may use of a page. */
  readonly usableBytes: number;
  readonly #path: string;
  readonly #file: number;
  readonly #lockPage: number;
  /** Pages that are not written yet, one after the other. */
  readonly #waiting: Buffer;
  #nWaiting = 0;
  #firstWaiting: number;
  #nPages: number;

  constructor(path: string) {
    this.#path = path;
    this.#file = openSync(path, 'r+');
    const header = Buffer.alloc(HEADER_BYTES);
    readSync(this.#file, header, 0, HEADER_BYTES, 0);
    const size = header.readUInt16BE(PAGE_SIZE_AT);
    this.pageBytes = size === LARGEST_SIZE ? 2 ** 16 : size;
    this.usableBytes = this.pageBytes - header[RESERVED_AT]!;
    this.#nPages = header.readUInt32BE(N_PAGES_AT);
    // Its file notes for every page who points to it.
    if (header.readUInt32BE(LARGEST_ROOT_AT) !== 0) throw new Error(`${path} shrinks by itself`);
    this.#lockPage = LOCK_BYTE / this.pageBytes + 1;
    this.#waiting = Buffer.allocUnsafeSlow(PAGES_AT_ONCE * this.pageBytes);
    this.#firstWaiting = this.#nPages + 1;
  }

  /** Adds a page, and returns its number. Its bytes are copied. */
  add(page: Uint8Array): number {
    if (this.#nWaiting === PAGES_AT_ONCE || this.#nPages + 1 === this.#lockPage) this.#write();
    if (this.#nPages + 1 === this.#lockPage) this.#firstWaiting = ++this.#nPages + 1;
    this.#waiting.set(page, this.#nWaiting++ * this.pageBytes);
    return ++this.#nPages;
  }

  /** Puts it in the place of a page that was there before. */
  replace(number: number, page: Uint8Array): void {
    this.#writeAt((number - 1) * this.pageBytes, page);
  }

  /** The added pages are a part of the file from here on, and on the disk. */
  end(): void {
    this.#write();
    const nPages = Buffer.alloc(4);
    nPages.writeUInt32BE(this.#nPages);
    this.#writeAt(N_PAGES_AT, nPages);
    sync(this.#file, this.#path);
  }

  [Symbol.dispose](): void {
    closeSync(this.#file);
  }

  #write(): void {
    const bytes = this.#waiting.subarray(0, this.#nWaiting * this.pageBytes);
    this.#writeAt((this.#firstWaiting - 1) * this.pageBytes, bytes);
    this.#firstWaiting += this.#nWaiting;
    this.#nWaiting = 0;
  }

  #writeAt(at: number, bytes: Uint8Array): void {
    writeAll(this.#file, this.#path, bytes, at);
  }
}
