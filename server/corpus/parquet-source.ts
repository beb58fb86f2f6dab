// A Parquet file as the library asks for it, by byte ranges.

import type { FileHandle } from 'node:fs/promises';
import type { StreamOptions } from './byte-stream.ts';
import { readAt } from './open-shard.ts';
import type { Shard } from './shard.ts';

/**
 * The library may ask for any range and forget the answer: what is not there is empty, and
 * a failure of the disk is kept for whoever waits for the rows.
 */
export class ParquetSource {
  readonly byteLength: number;
  readonly #file: FileHandle;
  readonly #shard: Shard;
  readonly #options: StreamOptions;
  #failure: Error | undefined;

  constructor(file: FileHandle, byteLength: number, shard: Shard, options: StreamOptions) {
    this.#file = file;
    this.byteLength = byteLength;
    this.#shard = shard;
    this.#options = options;
  }

  async slice(start: number, end = this.byteLength): Promise<ArrayBuffer> {
    const first = Math.min(Math.max(0, Number(start) || 0), this.byteLength);
    const nBytes = Math.min(Math.max(0, (Number(end) || 0) - first), this.byteLength - first);
    // What was read shows that it gets on.
    this.#options.onBytes(0);
    const bytes = await readAt(this.#file, first, nBytes, this.#shard.path).catch((failure: Error) => {
      this.#failure ??= failure;
      return Buffer.alloc(0);
    });
    return bytes.length === bytes.buffer.byteLength
      ? (bytes.buffer as ArrayBuffer)
      : (bytes.buffer.slice(0, bytes.length) as ArrayBuffer);
  }

  /** Throws what the disk failed with since the last call. */
  check(): void {
    const failure = this.#failure;
    this.#failure = undefined;
    if (failure) throw failure;
  }
}
