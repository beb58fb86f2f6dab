// Places in a gzip stream where a block of it begins, to the bit: there decompression begins without looking for
// anything. They are noted while the stream is read once. Which bit it is in the last byte that the decoder took, its
// caller does not tell: the few that it may be are tried against what came before and after.

import type { RestartPoint } from '../engine/detection.ts';
import { DeflateHere } from './deflate-here.ts';
import { isBlockStart } from './find-deflate-block.ts';

/** Inflating half of it takes some 2 ms; a window is some 9 KB. */
const EVERY_BYTES = 2 << 20;
const WINDOW_BYTES = 32 << 10;
/** Compressed bytes that are tried: some kilobytes of text. */
const TRIED_BYTES = 1 << 10;
const BITS_OF_BYTE = 8;

export class BlockStarts {
  readonly #emit: (point: RestartPoint) => void;
  readonly #everyBytes: number;
  #last = 0;
  readonly #deflate = new DeflateHere({ level: 1 });
  /** The last output, how much of it there is, and behind it room for what came next. */
  #around = new Uint8Array(2 * WINDOW_BYTES);
  #nBefore = 0;

  /** A point's window is overwritten by that of the next. */
  constructor(emit: (point: RestartPoint) => void, everyBytes = EVERY_BYTES) {
    this.#emit = emit;
    this.#everyBytes = everyBytes;
  }

  /** Whether one is wanted behind so many decompressed bytes. */
  isDue(byteOffset: number): boolean {
    return byteOffset - this.#last >= this.#everyBytes;
  }

  /** What was put out; its last bytes are kept. */
  passed(piece: Uint8Array): void {
    const last = piece.subarray(Math.max(0, piece.length - WINDOW_BYTES));
    this.#around.copyWithin(0, last.length, WINDOW_BYTES);
    this.#around.set(last, WINDOW_BYTES - last.length);
    this.#nBefore = Math.min(WINDOW_BYTES, this.#nBefore + last.length);
  }

  /** The decoder stopped between two blocks. `bytes` begin with the last byte that it took; `after` it put out next. */
  note(diskOffset: number, byteOffset: number, bytes: Uint8Array, after: Uint8Array): void {
    if (this.#nBefore < WINDOW_BYTES) return;
    const tried = bytes.subarray(0, TRIED_BYTES);
    for (let nBits = 0; nBits < BITS_OF_BYTE; nBits++) {
      if (!isBlockStart(tried, BITS_OF_BYTE - nBits, (nAfter) => this.#with(after, nAfter))) continue;
      this.#last = byteOffset;
      const window = this.#deflate.deflate(this.#around.subarray(0, WINDOW_BYTES));
      this.#emit({ diskOffset, nBits, byteOffset, window });
      return;
    }
  }

  [Symbol.dispose](): void {
    this.#deflate[Symbol.dispose]();
  }

  /** The window, and so many bytes of what came next. */
  #with(after: Uint8Array, nAfter: number): Uint8Array | undefined {
    if (nAfter > after.length) return undefined;
    const nBytes = WINDOW_BYTES + nAfter;
    if (nBytes > this.#around.length) {
      const grown = new Uint8Array(2 * nBytes);
      grown.set(this.#around.subarray(0, WINDOW_BYTES));
      this.#around = grown;
    }
    this.#around.set(after.subarray(0, nAfter), WINDOW_BYTES);
    return this.#around.subarray(0, nBytes);
  }
}
