// The kernel's one door: bytes go in, matched lines and damaged rows come out. Knows nothing of files.

import { type Columns, standardColumns } from '../corpus/columns.ts';
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
   * Records of an index that is built (posting-kernel.ts), with documents' numbers in the shard, in parts by the first
   * INDEX_PART_BITS bits of their keys; `ends` has the end of each part, in records. Overwritten when the call returns.
   */
  onRecords?(records: Uint8Array, ends: Uint32Array): void;
}

export const INDEX_PART_BITS = 7;

/** Words of a key's record: the lower and the higher half of the key, the window's first and last raw line. */
export const KEY_WORDS = 4;

const INPUT_BYTES = 1 << 20;
/** Size of a record, as wasm/index-records.ts writes it. */
const RECORD_OF_INDEX_BYTES = 8;
/** Size of a record, as wasm/found-lines.ts writes it. */
const RECORD_BYTES = 40;
const provenance = { repository: 0, path: 1, license: 2 } as const;
const columns = { ...provenance, content: 3 } as const;
const MAX_NAME_BYTES = 1023;
const decoder = new TextDecoder();

export class ScanKernel {
  readonly #kernel: ScanExports;
  readonly #bytes: Uint8Array;
  readonly #text: Buffer;
  readonly #words: Uint32Array;
  readonly #numbers: Float64Array;
  readonly #input: number;
  #listener: KernelListener | undefined;
  /** Numbers of the columns. */
  #columns: Record<keyof typeof provenance, number> = provenance;

  /** To build an index, or for anything else that a kernel does. */
  constructor({ module, memory, address }: SharedIndex, work: 'index' | 'other' = 'other') {
    const instance = new wasm.Instance(module, {
      env: { memory },
      host: {
        onLines: (at: number, n: number) => this.#onLines(at >>> 0, n),
        onKeys: (at: number, n: number) => this.#listener!.onKeys?.(this.#words, (at >>> 0) >>> 2, n),
        onRow: (status: number) => this.#listener!.onRow(rowStatuses[status]!),
        onRecords: (at: number, ends: number) => this.#onRecords(at >>> 0, ends >>> 0),
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
    this.#kernel.beginRecords();
  }

  /** The text that just ended counts; returns whether it has a window. Rows count by themselves. */
  keepRecords(): boolean {
    return this.#kernel.keepRecords() !== 0;
  }

  /** Gives the last records of a shard. Those of a document that did not end do not count. */
  endRecords(): void {
    this.#kernel.dropRecords();
    this.#kernel.sendRecords();
  }

  /** Bytes of UTF-8, cut where they are too many; overwritten by the next row. */
  columnBytes(name: keyof typeof provenance): { bytes: Uint8Array; at: number; nBytes: number } {
    const column = this.#columns[name];
    const at = this.#kernel.columnAt(column) >>> 0;
    return { bytes: this.#bytes, at, nBytes: this.#kernel.columnLength(column) };
  }

  column(name: keyof typeof provenance): string {
    const { bytes, at, nBytes } = this.columnBytes(name);
    const end = at + nBytes;
    let i = at;
    while (i < end && bytes[i]! < 0x80) i++;
    // A decoder takes no shared memory, and is slow to begin.
    return i === end ? this.#text.toString('latin1', at, end) : decoder.decode(bytes.slice(at, end));
  }

  /** Starts a stream of JSON lines; whatever was not ended is forgotten. */
  beginRows(listener: KernelListener, names: Columns = standardColumns): void {
    this.#listener = listener;
    // The kernel fills the first of several columns with one name.
    const parts = Object.keys(columns) as (keyof typeof columns)[];
    const columnOf = (name: string) => columns[parts.find((other) => names[other] === name)!];
    this.#columns = {
      repository: columnOf(names.repository),
      path: columnOf(names.path),
      license: columnOf(names.license),
    };
    for (const part of parts) {
      const name = new TextEncoder().encode(names[part]);
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

  #onRecords(at: number, ends: number): void {
    const words = this.#words;
    const parts = words.subarray(ends >>> 2, (ends >>> 2) + 2 ** INDEX_PART_BITS);
    this.#listener!.onRecords?.(this.#bytes.subarray(at, at + parts.at(-1)! * RECORD_OF_INDEX_BYTES), parts);
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
  keepRecords(): 0 | 1;
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
  columnAt(column: number): number;
  columnLength(column: number): number;
  nameAt(column: number): number;
  setNameLength(column: number, nBytes: number): void;
}
