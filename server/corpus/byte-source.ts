// Bytes that are read by places: those of a file, or of a member of an archive that is held in memory.

import type { ShardFile } from './shard-file.ts';

export interface ByteSource {
  readonly byteLength: number;
  /** At most `nBytes` bytes from `position` on; fewer at the end. */
  read(position: number, nBytes: number): Promise<Buffer>;
}

/** Throws `EnvironmentError` when the disk fails. `onRead` is called for every read: it gets on. */
export function fileSource(file: ShardFile, onRead: () => void): ByteSource {
  const { size } = file;
  return {
    byteLength: size,
    read(position, nBytes) {
      onRead();
      return file.read(position, Math.max(0, Math.min(nBytes, size - position)));
    },
  };
}

export const memorySource = (bytes: Buffer): ByteSource => ({
  byteLength: bytes.length,
  read: async (position, nBytes) => bytes.subarray(position, position + nBytes),
});

/** Reads a little more than is asked for, since what is asked for next mostly stands behind it. */
export class WindowedSource implements ByteSource {
  readonly byteLength: number;
  readonly #source: ByteSource;
  readonly #windowBytes: number;
  #window: Buffer = Buffer.alloc(0);
  #start = 0;

  constructor(source: ByteSource, windowBytes: number) {
    this.byteLength = source.byteLength;
    this.#source = source;
    this.#windowBytes = windowBytes;
  }

  async read(position: number, nBytes: number): Promise<Buffer> {
    if (nBytes >= this.#windowBytes) return await this.#source.read(position, nBytes);
    const from = position - this.#start;
    if (from >= 0 && from + nBytes <= this.#window.length) return this.#window.subarray(from, from + nBytes);
    this.#window = await this.#source.read(position, this.#windowBytes);
    this.#start = position;
    return this.#window.subarray(0, nBytes);
  }
}
