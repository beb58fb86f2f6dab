// Writes a tree of SQLite whose rows come in order, page by page: https://sqlite.org/fileformat2.html, sections 1.6 and 2.1. It is the
// form of an index, and of a table WITHOUT ROWID, with whole numbers alone. SQLite itself would take most of its time to be
// given each row, and to look for its place.

import type { PageFile } from './page-file.ts';

/** Kinds of pages. */
const LEAF = 0x0a;
const INNER = 0x02;
const LEAF_HEADER_BYTES = 8;
const INNER_HEADER_BYTES = 12;
/** In a page's header. */
const N_CELLS_AT = 3;
const CONTENT_AT = 5;
const LAST_CHILD_AT = 8;
const POINTER_BYTES = 2;
const CHILD_BYTES = 4;
/** A row of fewer is shorter than what SQLite gives a cell. */
const LEAST_COLUMNS = 2;
/** So many values, of at most eight bytes, have a length that is written in one. */
const MOST_COLUMNS = 13;

export class TreeWriter {
  /** The values of the row that `add` writes: whole numbers from 0 to 2 ** 53. */
  readonly row: Float64Array;
  readonly #file: PageFile;
  readonly #root: number;
  /** The leaf that is written, and above it the pages that lead to it. */
  readonly #levels: TreePage[];
  readonly #leaf: TreePage;
  readonly #types: Uint8Array;

  /** `root` is the number of a page that is there; what it holds is forgotten. */
  constructor(file: PageFile, root: number, nColumns: number) {
    if (nColumns < LEAST_COLUMNS || nColumns > MOST_COLUMNS) throw new RangeError(`${nColumns} columns`);
    this.#file = file;
    this.#root = root;
    this.row = new Float64Array(nColumns);
    this.#types = new Uint8Array(nColumns);
    this.#leaf = new TreePage(file, LEAF);
    this.#levels = [this.#leaf];
  }

  /** Adds `row`, which is greater than all before it. */
  add(): void {
    const { row } = this;
    const types = this.#types;
    const nColumns = row.length;
    let nBytes = 1 + nColumns;
    for (let i = 0; i < nColumns; i++) {
      const type = typeOf(row[i]!);
      types[i] = type;
      nBytes += TYPE_BYTES[type]!;
    }
    const leaf = this.#leaf;
    if (!leaf.fits(1 + nBytes)) this.#finish(0);
    let at = leaf.begin(1 + nBytes);
    const { bytes } = leaf;
    bytes[at++] = nBytes;
    bytes[at++] = 1 + nColumns;
    for (let i = 0; i < nColumns; i++) bytes[at++] = types[i]!;
    for (let i = 0; i < nColumns; i++) {
      const value = row[i]!;
      const low = value >>> 0;
      switch (types[i]) {
        case 1:
          bytes[at++] = low;
          break;
        case 2:
          bytes[at++] = low >>> 8;
          bytes[at++] = low;
          break;
        case 3:
          bytes[at++] = low >>> 16;
          bytes[at++] = low >>> 8;
          bytes[at++] = low;
          break;
        case 4:
          at = writeUint32(bytes, low, at);
          break;
        case 5: {
          const high = Math.floor(value / 2 ** 32);
          bytes[at++] = high >>> 8;
          bytes[at++] = high;
          at = writeUint32(bytes, low, at);
          break;
        }
        case 6:
          at = writeUint32(bytes, Math.floor(value / 2 ** 32), at);
          at = writeUint32(bytes, low, at);
          break;
      }
    }
  }

  /** Writes what is not written yet: the last page of each level. */
  end(): void {
    let child: number | undefined;
    for (const page of this.#levels) {
      const bytes = page.finished(child);
      if (page === this.#levels.at(-1)) this.#file.replace(this.#root, bytes);
      else child = this.#file.add(bytes);
    }
  }

  /** Its last row goes up a level, to tell this page from the next one. */
  #finish(level: number): void {
    const page = this.#levels[level]!;
    const { child, row } = page.takeLast();
    const number = this.#file.add(page.finished(child));
    if (level + 1 === this.#levels.length) this.#levels.push(new TreePage(this.#file, INNER));
    const above = this.#levels[level + 1]!;
    if (!above.fits(CHILD_BYTES + row.length)) this.#finish(level + 1);
    const at = above.begin(CHILD_BYTES + row.length);
    writeUint32(above.bytes, number, at);
    above.bytes.set(row, at + CHILD_BYTES);
    page.clear();
  }
}

/** A page that is filled: rows from its end down, and from its begin up where each is. */
class TreePage {
  readonly bytes: Uint8Array;
  readonly #view: DataView;
  readonly #usableBytes: number;
  readonly #headerBytes: number;
  readonly #isLeaf: boolean;
  #nCells = 0;
  #content: number;

  constructor({ pageBytes, usableBytes }: PageFile, kind: typeof LEAF | typeof INNER) {
    this.bytes = new Uint8Array(pageBytes);
    this.#view = new DataView(this.bytes.buffer);
    this.#usableBytes = this.#content = usableBytes;
    this.#isLeaf = kind === LEAF;
    this.#headerBytes = this.#isLeaf ? LEAF_HEADER_BYTES : INNER_HEADER_BYTES;
    this.bytes[0] = kind;
  }

  /** Whether a cell of so many bytes does. */
  fits(nBytes: number): boolean {
    return this.#headerBytes + POINTER_BYTES * (this.#nCells + 1) + nBytes <= this.#content;
  }

  /** Makes room for a cell, which the caller writes, and returns its begin. */
  begin(nBytes: number): number {
    this.#content -= nBytes;
    this.#view.setUint16(this.#headerBytes + POINTER_BYTES * this.#nCells++, this.#content);
    return this.#content;
  }

  /** The last cell, which is no longer in the page: `row` is its length and what it holds, and is there until the page is cleared. */
  takeLast(): { readonly child: number | undefined; readonly row: Uint8Array } {
    const at = this.#content;
    const rowAt = this.#isLeaf ? at : at + CHILD_BYTES;
    const row = this.bytes.subarray(rowAt, rowAt + 1 + this.bytes[rowAt]!);
    this.#nCells--;
    this.#content = rowAt + row.length;
    return { child: this.#isLeaf ? undefined : this.#view.getUint32(at), row };
  }

  /** Its bytes; `lastChild` is the page with the rows behind its own. */
  finished(lastChild: number | undefined): Uint8Array {
    this.#view.setUint16(N_CELLS_AT, this.#nCells);
    // 65,536 is written as 0.
    this.#view.setUint16(CONTENT_AT, this.#content);
    if (lastChild !== undefined) this.#view.setUint32(LAST_CHILD_AT, lastChild);
    return this.bytes;
  }

  clear(): void {
    this.bytes.fill(0, 1);
    this.#nCells = 0;
    this.#content = this.#usableBytes;
  }
}

/** Bytes of a value by its type (section 2.1); 8 and 9 stand for 0 and 1. */
const TYPE_BYTES = Uint8Array.of(0, 1, 2, 3, 4, 6, 8, 0, 0, 0);

function typeOf(value: number): number {
  if (value < 2 ** 15) {
    if (value < 2 ** 7) return value > 1 ? 1 : 8 + value;
    return 2;
  }
  if (value < 2 ** 23) return 3;
  if (value < 2 ** 31) return 4;
  return value < 2 ** 47 ? 5 : 6;
}

function writeUint32(bytes: Uint8Array, value: number, at: number): number {
  bytes[at] = value >>> 24;
  bytes[at + 1] = value >>> 16;
  bytes[at + 2] = value >>> 8;
  bytes[at + 3] = value;
  return at + 4;
}
