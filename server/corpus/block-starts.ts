// Places in a gzip stream where a block of it begins, to the bit: there decompression begins without looking for
// anything. They are noted while the stream is read once. Which bit it is in the last byte that the decoder took, its
// caller does not tell: the few that it may be are tried against what came before and after.

import { deflateRawSync } from 'node:zlib';
import type { RestartPoint } from '../engine/detection.ts';
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
  /** The last output, and how much of it there is. */
  readonly #before = new Uint8Array(WINDOW_BYTES);
  #nBefore = 0;

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
    this.#before.copyWithin(0, last.length);
    this.#before.set(last, WINDOW_BYTES - last.length);
    this.#nBefore = Math.min(WINDOW_BYTES, this.#nBefore + last.length);
  }

  /** The decoder stopped between two blocks. `bytes` begin with the last byte that it took; `after` it put out next. */
  note(diskOffset: number, byteOffset: number, bytes: Uint8Array, after: Uint8Array): void {
    const before = this.#before;
    if (this.#nBefore < WINDOW_BYTES) return;
    const tried = bytes.subarray(0, TRIED_BYTES);
    for (let nBits = 0; nBits < BITS_OF_BYTE; nBits++) {
      if (!isBlockStart(tried, BITS_OF_BYTE - nBits, before, after)) continue;
      this.#last = byteOffset;
      this.#emit({ diskOffset, nBits, byteOffset, window: deflateRawSync(before, { level: 1 }) });
      return;
    }
  }
}
