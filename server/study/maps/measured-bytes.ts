// How far the model is in a shard, in bytes on the disk. Readers take a shard in large pieces and are far ahead of the
// model, which reads a few kilobytes in a second on a processor: counted as read, a shard would seem done when it is begun.

import type { Shard } from '../../corpus/shard.ts';
import { packingOf, streamFormOf } from '../../corpus/shard-format.ts';

/** About how many times as long packed text is when it is unpacked: only how evenly progress goes depends on it. */
const PACKED = 4;

export class MeasuredBytes {
  readonly #shard: Shard;
  readonly #advance: (nBytes: number) => void;
  /** Disk bytes for each byte of the stream that documents' places are in; null where they are in none. */
  readonly #share: number | null;
  #nRead = 0;
  #nTold = 0;

  /** `advance` hears of bytes that are done since the last call; they add up to the shard's. */
  constructor(shard: Shard, advance: (nBytes: number) => void) {
    this.#shard = shard;
    this.#advance = advance;
    this.#share =
      streamFormOf(shard.format) !== 'jsonl' ? null : packingOf(shard.format) === undefined ? 1 : 1 / PACKED;
  }

  read(nBytes: number): void {
    this.#nRead += nBytes;
    if (this.#share === null) this.#tell(this.#nRead);
  }

  /** The model is done with a document whose row begins there. */
  measured(byteOffset: number): void {
    if (this.#share !== null) this.#tell(Math.min(this.#nRead, Math.floor(byteOffset * this.#share)));
  }

  finish(): void {
    this.#tell(this.#shard.nBytes);
  }

  #tell(nBytes: number): void {
    const most = Math.min(nBytes, this.#shard.nBytes);
    if (most <= this.#nTold) return;
    this.#advance(most - this.#nTold);
    this.#nTold = most;
  }
}
