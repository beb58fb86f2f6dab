// The kernel's one door: bytes go in, matched lines and damaged rows come out. Knows nothing of files.

import { type Columns, standardColumns } from '../corpus/columns.ts';
import type { MatchedDocument } from '../engine/detection.ts';
import type { SharedIndex } from './share-index.ts';
import { wasm } from './wasm-api.ts';

/** How a row ended; the order is the kernel's. */
export type RowStatus = 'ok' | 'not-json' | 'no-content' | 'too-long';
const rowStatuses: readonly RowStatus[] = ['ok', 'not-json', 'no-content', 'too-long'];

export interface KernelListener {
  /** A line of a run, in order; all belong to the row or the text that is being read. */
  onLine(line: number, rawLine: number, start: number, end: number, beginsRun: 0 | 1): void;
  /** The last line again, `nLines` times: on the next raw lines, each `stride` bytes behind the one before. */
  onRepeats(nLines: number, stride: number): void;
  /** A row ended in which something was found, or that cannot be read: then what was found does not count. */
  onRow(status: RowStatus): void;
  /**
   * Keys of the windows of a text that is looked up in an index, in order: `n` of KEY_WORDS words each from `first` on.
   * Overwritten when the call returns.
   */
  onKeys?(words: Uint32Array, first: number, n: number): void;
  /**
   * Records of an index that is built, in parts by the first INDEX_PART_BITS bits of their keys, one after the other, of which
   * `counts` has the numbers of records. Each record is SPILLED_RECORD_BYTES bytes, the lowest first: the further bits of
   * 40 of the key, above 15 of its document's number in the shard less `firstDocument`. Overwritten when the call returns.
   */
  onRecords?(records: Uint8Array, counts: Uint32Array, firstDocument: number): void;
  /** The next documents of an index that is built. Overwritten when the call returns. */
  onPage?(page: DocumentPage): void;
}

/** Documents that an index keeps: as many as a page has, but for the last of a shard. */
export interface DocumentPage {
  readonly nDocuments: number;
  /** A hash of the lines of each, in four bytes, the lowest first. */
  readonly digests: Uint8Array;
  /**
   * For each the differences of row and byte offset to the one before and the lengths of repository, path and licence, as numbers of
   * seven bits a byte; then the repositories, the paths and the licences.
   */
  readonly pieces: readonly Uint8Array[];
}

export const INDEX_PART_BITS = 7;
/** Size of a record, as wasm/index-records.ts writes it. */
export const SPILLED_RECORD_BYTES = 6;

/** Words of a key's record: the lower and the higher half of the key, the window's first and last raw line. */
export const KEY_WORDS = 4;

const INPUT_BYTES = 1 << 20;
/** Size of a record, as wasm/found-lines.ts writes it. */
const RECORD_BYTES = 40;
const provenance = { repository: 0, path: 1, license: 2 } as const;
type Name = keyof typeof provenance;
const names = Object.keys(provenance) as Name[];
/** Names come cut to COLUMN_BYTES of wasm/columns.ts, but for the rest of a letter. */
const MOST_COLUMN_BYTES = 8192 + 8;
const columns = { ...provenance, content: 3 } as const;
const MAX_NAME_BYTES = 1023;
const decoder = new TextDecoder();

type Work = 'index' | 'other';

export class ScanKernel {
  readonly #kernel: ScanExports;
  readonly #bytes: Uint8Array;
  readonly #text: Buffer;
  readonly #words: Uint32Array;
  readonly #numbers: Float64Array;
  readonly #input: number;
  #listener: KernelListener | undefined;
  /** Numbers of the columns. */
  #columns: Record<Name, number> = provenance;
  readonly #work: Work;

  /** To build an index, or for anything else that a kernel does. */
  constructor({ module, memory, address }: SharedIndex, work: Work = 'other') {
    this.#work = work;
    const instance = new wasm.Instance(module, {
      env: { memory },
      host: {
        onLines: (at: number, n: number) => this.#onLines(at >>> 0, n),
        onKeys: (at: number, n: number) => this.#listener!.onKeys?.(this.#words, (at >>> 0) >>> 2, n),
        onRow: (status: number) => this.#listener!.onRow(rowStatuses[status]!),
        onRecords: (at: number, counts: number, firstDocument: number) =>
          this.#onRecords(at >>> 0, counts >>> 0, firstDocument),
        onPage: (nDocuments: number, lengths: number) => this.#onPage(nDocuments, lengths >>> 0),
      },
    });
    this.#kernel = instance.exports as ScanExports;
    this.#kernel.attach(address);
    if (work === 'index') this.#kernel.prepareIndexing();
    this.#input = this.#kernel.createInput(INPUT_BYTES + 64) >>> 0;
    // Only now: other memory lies behind these views after a growth.
    this.#bytes = new Uint8Array(memory.buffer);
    this.#text = Buffer.from(memory.buffer);
    this.#words = new Uint32Array(memory.buffer);
    this.#numbers = new Float64Array(memory.buffer);
  }

  /** What is appended is copied there, unless whoever read it put it there. */
  get input(): Buffer {
    return this.#text.subarray(this.#input, this.#input + INPUT_BYTES);
  }

  /** Number of complete rows that were read so far. */
  get nRows(): number {
    return this.#kernel.rowCount();
  }

  get contentBytes(): number {
    return this.#kernel.textBytes();
  }

  /** Number of the row that is being read, or that just ended (in `onRow`). */
  get row(): number {
    return this.#kernel.currentRow();
  }

  get rowOffset(): number {
    return this.#kernel.currentRowOffset();
  }

  /** A hash of the document that just ended, where the kernel reads for an index. */
  get documentDigest(): number {
    return this.#kernel.documentDigest() >>> 0;
  }

  /** Each window of a text then gives its key; otherwise keys become records of an index. */
  giveEveryWindow(): void {
    this.#kernel.giveEveryWindow();
  }

  /** A shard begins, whose documents with a window are numbered from 0. */
  beginRecords(): void {
    this.#setSources(provenance);
    this.#kernel.beginRecords();
  }

  /** The text that just ended counts if it has a window. Rows count by themselves. */
  keepText(document: MatchedDocument): void {
    for (const name of names) {
      const at = this.#kernel.columnAt(provenance[name]) >>> 0;
      this.#kernel.setColumnLength(provenance[name], this.#text.write(document[name], at, MOST_COLUMN_BYTES));
    }
    this.#kernel.keepText(document.row, document.byteOffset);
  }

  /** Gives the last records and documents of a shard. Those of a document that did not end do not count. */
  endRecords(): void {
    this.#kernel.dropRecords();
    this.#kernel.sendRecords();
    this.#kernel.sendPage();
  }

  /** Cut where it is too long. */
  column(name: Name): string {
    const bytes = this.#bytes;
    const column = this.#columns[name];
    const at = this.#kernel.columnAt(column) >>> 0;
    const end = at + this.#kernel.columnLength(column);
    let i = at;
    while (i < end && bytes[i]! < 0x80) i++;
    // A decoder takes no shared memory, and is slow to begin.
    return i === end ? this.#text.toString('latin1', at, end) : decoder.decode(bytes.slice(at, end));
  }

  /** Starts a stream of JSON lines; whatever was not ended is forgotten. */
  beginRows(listener: KernelListener, called: Columns = standardColumns): void {
    this.#listener = listener;
    // The kernel fills the first of several columns with one name.
    const parts = Object.keys(columns) as (keyof typeof columns)[];
    const columnOf = (name: string) => columns[parts.find((other) => called[other] === name)!];
    this.#columns = {
      repository: columnOf(called.repository),
      path: columnOf(called.path),
      license: columnOf(called.license),
    };
    if (this.#work === 'index') this.#setSources(this.#columns);
    for (const part of parts) {
      const name = new TextEncoder().encode(called[part]);
      // A longer name is none of the keys': those are cut, and nothing equals it.
      if (name.length <= MAX_NAME_BYTES) this.#bytes.set(name, this.#kernel.nameAt(columns[part]) >>> 0);
      this.#kernel.setNameLength(columns[part], name.length <= MAX_NAME_BYTES ? name.length : 0xffff_ffff);
    }
    this.#kernel.beginStream();
  }

  appendRows(chunk: Uint8Array): void {
    this.#forEachPiece(chunk, (at, nBytes) => this.#kernel.appendRows(at, nBytes));
  }

  /** The stream is complete. Not called for one that broke off: its last row then does not count. */
  endRows(): void {
    this.#kernel.endStream();
  }

  /** Starts a plain text, which is one document. */
  beginText(listener: KernelListener): void {
    this.#listener = listener;
    this.#kernel.beginText();
  }

  appendText(chunk: Uint8Array): void {
    this.#forEachPiece(chunk, (at, nBytes) => this.#kernel.appendText(at, nBytes));
  }

  /** Returns the bytes of the text; by then the listener has had all of it. */
  endText(): number {
    return this.#kernel.endText();
  }

  #forEachPiece(chunk: Uint8Array, read: (at: number, nBytes: number) => void): void {
    if (chunk.buffer === this.#bytes.buffer) {
      read(chunk.byteOffset, chunk.length);
      return;
    }
    for (let from = 0; from < chunk.length; from += INPUT_BYTES) {
      const piece = chunk.subarray(from, from + INPUT_BYTES);
      // Equal alignment on both sides makes a copy eight times as fast.
      const at = this.#input + (piece.byteOffset % 64);
      this.#bytes.set(piece, at);
      read(at, piece.length);
    }
  }

  #onRecords(at: number, countsAt: number, firstDocument: number): void {
    const counts = this.#words.subarray(countsAt >>> 2, (countsAt >>> 2) + 2 ** INDEX_PART_BITS);
    const nBytes = SPILLED_RECORD_BYTES * counts.reduce((sum, n) => sum + n, 0);
    this.#listener!.onRecords?.(this.#bytes.subarray(at, at + nBytes), counts, firstDocument);
  }

  #onPage(nDocuments: number, lengthsAt: number): void {
    const kernel = this.#kernel;
    const words = this.#words;
    const pieces = Array.from({ length: 1 + names.length }, (_, piece) => {
      const at = kernel.pieceAt(piece) >>> 0;
      return this.#bytes.subarray(at, at + words[(lengthsAt >>> 2) + piece]!);
    });
    const digests = kernel.digestsAt() >>> 0;
    this.#listener!.onPage?.({
      nDocuments,
      digests: this.#bytes.subarray(digests, digests + 4 * nDocuments),
      pieces,
    });
  }

  #setSources(sources: Record<Name, number>): void {
    for (const name of names) this.#kernel.setSource(provenance[name], sources[name]);
  }

  #onLines(at: number, n: number): void {
    const words = this.#words;
    const numbers = this.#numbers;
    const listener = this.#listener!;
    for (let i = 0; i < n; i++) {
      const word = (at + i * RECORD_BYTES) >>> 2;
      const number = word >>> 1;
      const beginsRun = words[word + 6] === 0 ? 0 : 1;
      listener.onLine(words[word]!, words[word + 1]!, numbers[number + 1]!, numbers[number + 2]!, beginsRun);
      const nRepeats = words[word + 7]!;
      if (nRepeats > 0) listener.onRepeats(nRepeats, words[word + 8]!);
    }
  }
}

interface ScanExports {
  documentDigest(): number;
  giveEveryWindow(): void;
  prepareIndexing(): void;
  beginRecords(): void;
  keepText(row: number, byteOffset: number): void;
  dropRecords(): void;
  sendRecords(): void;
  attach(address: number): void;
  createInput(nBytes: number): number;
  beginStream(): void;
  appendRows(at: number, nBytes: number): void;
  endStream(): void;
  beginText(): void;
  appendText(at: number, nBytes: number): void;
  endText(): number;
  rowCount(): number;
  textBytes(): number;
  currentRow(): number;
  currentRowOffset(): number;
  sendPage(): void;
  digestsAt(): number;
  pieceAt(piece: number): number;
  setSource(name: number, column: number): void;
  setColumnLength(column: number, nBytes: number): void;
  columnAt(column: number): number;
  columnLength(column: number): number;
  nameAt(column: number): number;
  setNameLength(column: number, nBytes: number): void;
}
