// Hands texts to the kernel, side by side in its memory, in pieces of many.

import type { SampleInput } from '../engine/detection.ts';
import type { KernelInstance } from './kernel-instance.ts';

/** Bytes of a piece, some 5 ms of work; a text that is longer is one of its own. */
const PIECE_BYTES = 1 << 20;
/** So many texts at most; address and bytes of each take two words. */
const PIECE_TEXTS = 4096;
/** What a text may need in front, so that it stands as in its own memory. */
const MOST_BEFORE = 16;

export interface TextPiece {
  /** From the first text to the end of the last one; between two of them there may be bytes of neither. */
  readonly at: number;
  readonly nBytes: number;
  /** Address of a list with address and bytes of each text. */
  readonly list: number;
  readonly nTexts: number;
}

export class TextInput {
  readonly #memory: KernelInstance['memory'];
  readonly #at: number;
  readonly #list: number;
  readonly #room: number;

  constructor({ memory, kernel }: KernelInstance, texts: readonly SampleInput[]) {
    const longest = texts.reduce((most, { text }) => Math.max(most, text.length), 0);
    this.#memory = memory;
    this.#room = Math.max(PIECE_BYTES, longest + MOST_BEFORE);
    this.#list = kernel.createInput(8 * PIECE_TEXTS) >>> 0;
    this.#at = kernel.createInput(this.#room) >>> 0;
  }

  /** A piece is overwritten by the next. */
  *pieces(texts: readonly SampleInput[]): Generator<TextPiece> {
    for (let next = 0; next < texts.length; ) {
      const { nTexts, nBytes } = this.#write(texts, next);
      yield { at: this.#at, nBytes, list: this.#list, nTexts };
      next += nTexts;
    }
  }

  /** Writes a piece of texts from one of them on. */
  #write(texts: readonly SampleInput[], from: number): Pick<TextPiece, 'nTexts' | 'nBytes'> {
    // Not kept: a memory that grows is another buffer.
    const { buffer } = this.#memory;
    const bytes = new Uint8Array(buffer);
    const entries = new Uint32Array(buffer, this.#list, 2 * PIECE_TEXTS);
    let end = this.#at;
    let nTexts = 0;
    while (from + nTexts < texts.length && nTexts < PIECE_TEXTS) {
      const { text } = texts[from + nTexts]!;
      if (end + MOST_BEFORE + text.length > this.#at + this.#room) break;
      // Equal alignment on both sides makes a copy eight times as fast.
      const at = 8 * Math.ceil(end / 8) + (text.byteOffset % 8);
      bytes.set(text, at);
      entries[2 * nTexts] = at;
      entries[2 * nTexts + 1] = text.length;
      nTexts++;
      end = at + text.length;
    }
    return { nTexts, nBytes: end - this.#at };
  }
}
