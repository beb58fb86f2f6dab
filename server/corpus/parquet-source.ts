// A Parquet file as the library asks for it, by byte ranges.

import type { ByteSource } from './byte-source.ts';

/**
 * The library may ask for any range and forget the answer: what is not there is empty, and
 * a failure of the disk is kept for whoever waits for the rows.
 */
export class ParquetSource {
  readonly byteLength: number;
  readonly #bytes: ByteSource;
  #failure: Error | undefined;

  constructor(bytes: ByteSource) {
    this.#bytes = bytes;
    this.byteLength = bytes.byteLength;
  }

  async slice(start: number, end = this.byteLength): Promise<ArrayBuffer> {
    const first = Math.min(Math.max(0, Number(start) || 0), this.byteLength);
    const nBytes = Math.min(Math.max(0, (Number(end) || 0) - first), this.byteLength - first);
    const bytes = await this.#bytes.read(first, nBytes).catch((failure: Error) => {
      this.#failure ??= failure;
      return Buffer.alloc(0);
    });
    return bytes.length === bytes.buffer.byteLength
      ? (bytes.buffer as ArrayBuffer)
      : (bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length) as ArrayBuffer);
  }

  /** Throws what the disk failed with since the last call. */
  check(): void {
    const failure = this.#failure;
    this.#failure = undefined;
    if (failure) throw failure;
  }
}
