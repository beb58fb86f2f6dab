// The texts of samples, as bytes in memory that another thread can read meanwhile: strings of them would be there once more.

const CHUNK_BYTES = 1 << 22;

/** Texts in some order. */
export interface SharedTexts {
  readonly length: number;
  readonly nBytes: number;
  readonly chunks: readonly SharedArrayBuffer[];
  /** For each text the chunk that holds it, and where in that. */
  readonly chunkOf: Uint32Array;
  readonly starts: Float64Array;
  readonly ends: Float64Array;
}

/** Not copied. */
export function sharedText({ chunks, chunkOf, starts, ends }: SharedTexts, index: number): Uint8Array {
  const start = starts[index]!;
  return new Uint8Array(chunks[chunkOf[index]!]!, start, ends[index]! - start);
}

/** Texts as they become known, numbered from 0. */
export class GrowingTexts {
  #chunks: SharedArrayBuffer[] = [];
  readonly #chunkOf: number[] = [];
  readonly #starts: number[] = [];
  readonly #ends: number[] = [];

  /** Copies a text, and returns its number. */
  push(text: Uint8Array): number {
    const start = this.#roomFor(text.length);
    const chunk = this.#chunks.length - 1;
    new Uint8Array(this.#chunks[chunk]!, start).set(text);
    this.#chunkOf.push(chunk);
    this.#starts.push(start);
    return this.#ends.push(start + text.length) - 1;
  }

  /** Not copied. */
  bytes(number: number): Buffer {
    const start = this.#starts[number]!;
    return Buffer.from(this.#chunks[this.#chunkOf[number]!]!, start, this.#ends[number]! - start);
  }

  /** They are not asked for any more. */
  forget(): void {
    this.#chunks = [];
  }

  /** The texts of these numbers, not copied. */
  inOrder(numbers: readonly number[]): SharedTexts {
    const starts = Float64Array.from(numbers, (number) => this.#starts[number]!);
    const ends = Float64Array.from(numbers, (number) => this.#ends[number]!);
    return {
      length: numbers.length,
      nBytes: ends.reduce((sum, end, i) => sum + end - starts[i]!, 0),
      chunks: this.#chunks,
      chunkOf: Uint32Array.from(numbers, (number) => this.#chunkOf[number]!),
      starts,
      ends,
    };
  }

  /** The place in the last chunk from which on a text has room. */
  #roomFor(nBytes: number): number {
    const start = this.#ends.at(-1) ?? 0;
    if (start + nBytes <= (this.#chunks.at(-1)?.byteLength ?? -1)) return start;
    this.#chunks.push(new SharedArrayBuffer(Math.max(CHUNK_BYTES, nBytes)));
    return 0;
  }
}
