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
   * Keys of windows of the row or the text that is being read, in order, where the kernel reads for an index: `n`
   * records of KEY_WORDS words from `first` on. Overwritten when the call returns.
   */
  onKeys?(words: Uint32Array, first: number, n: number): void;
}

/** Words of a key's record: the lower and the higher half of the key, the window's first and last raw line. */
export const KEY_WORDS = 4;

const INPUT_BYTES = 1 << 20;
/** Size of a record, as wasm/found-lines.ts writes it. */
const RECORD_BYTES = 40;
const columns = { repository: 0, path: 1, license: 2, content: 3 } as const;
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
  #names: Columns = standardColumns;

  constructor({ module, memory, address }: SharedIndex) {
    const instance = new wasm.Instance(module, {
      env: { memory },
      host: {
        onLines: (at: number, n: number) => this.#onLines(at >>> 0, n),
        onKeys: (at: number, n: number) => this.#listener!.onKeys?.(this.#words, (at >>> 0) >>> 2, n),
        onRow: (status: number) => this.#listener!.onRow(rowStatuses[status]!),
      },
    });
    this.#kernel = instance.exports as ScanExports;
    this.#kernel.attach(address);
    this.#input = this.#kernel.createInput(INPUT_BYTES + 64) >>> 0;
    // Only now: other memory lies behind these views after a growth.
    this.#bytes = new Uint8Array(memory.buffer);
    this.#text = Buffer.from(memory.buffer);
    this.#words = new Uint32Array(memory.buffer);
    this.#numbers = new Float64Array(memory.buffer);
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

  /** Each window then gives its key; otherwise one key stands for neighbours that share it. */
  giveEveryWindow(): void {
    this.#kernel.giveEveryWindow(1);
  }

  column(name: Exclude<keyof typeof columns, 'content'>): string {
    // The kernel fills the first of several columns with one name.
    const names = Object.keys(columns) as (keyof typeof columns)[];
    const column = columns[names.find((other) => this.#names[other] === this.#names[name])!];
    const at = this.#kernel.columnAt(column) >>> 0;
    const end = at + this.#kernel.columnLength(column);
    const bytes = this.#bytes;
    let i = at;
    while (i < end && bytes[i]! < 0x80) i++;
    // A decoder takes no shared memory, and is slow to begin.
    return i === end ? this.#text.toString('latin1', at, end) : decoder.decode(bytes.slice(at, end));
  }

  /** Starts a stream of JSON lines; whatever was not ended is forgotten. */
  beginRows(listener: KernelListener, names: Columns = standardColumns): void {
    this.#listener = listener;
    this.#names = names;
    for (const part of Object.keys(columns) as (keyof typeof columns)[]) {
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
    for (let from = 0; from < chunk.length; from += INPUT_BYTES) {
      const piece = chunk.subarray(from, from + INPUT_BYTES);
      // Equal alignment on both sides makes a copy eight times as fast.
      const at = this.#input + (piece.byteOffset % 64);
      this.#bytes.set(piece, at);
      read(at, piece.length);
    }
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
  giveEveryWindow(every: 0 | 1): void;
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
