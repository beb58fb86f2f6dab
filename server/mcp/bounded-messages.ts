// What comes in over a pipe, handed on a message at a time. One that is longer than any that is meant well is passed over
// as it comes, and told; the transport behind would hold it, and end the server without a word.

import { Transform, type TransformCallback } from 'node:stream';

const LINE_END = 0x0a;

/** `onTooLong` is called once for each message of more than `mostBytes`. */
export class BoundedMessages extends Transform {
  readonly #mostBytes: number;
  readonly #onTooLong: () => void;
  #parts: Buffer[] = [];
  #nBytes = 0;

  constructor(mostBytes: number, onTooLong: () => void) {
    super();
    this.#mostBytes = mostBytes;
    this.#onTooLong = onTooLong;
  }

  override _transform(chunk: Buffer, _: BufferEncoding, done: TransformCallback): void {
    let from = 0;
    for (let end = chunk.indexOf(LINE_END); end >= 0; end = chunk.indexOf(LINE_END, from)) {
      this.#hold(chunk.subarray(from, end + 1));
      this.#handOn();
      from = end + 1;
    }
    this.#hold(chunk.subarray(from));
    done();
  }

  #hold(part: Buffer): void {
    this.#nBytes += part.length;
    if (this.#nBytes > this.#mostBytes) this.#parts = [];
    else this.#parts.push(part);
  }

  #handOn(): void {
    if (this.#nBytes > this.#mostBytes) this.#onTooLong();
    else this.push(this.#parts.length === 1 ? this.#parts[0] : Buffer.concat(this.#parts, this.#nBytes));
    this.#parts = [];
    this.#nBytes = 0;
  }
}
