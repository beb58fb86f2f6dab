// Fields of the messages in a file of protocol buffers, which is never loaded: what nobody asks for is stepped over. Knows the
// wire format, and neither graphs nor tokenizers.

import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { UserError } from '../../errors.ts';

/** Throws a UserError for a file that is no such message: `what` it should be. */
export function readMessage<T>(path: string, what: string, read: (bytes: FileBytes) => T): T {
  const file = openSync(path, 'r');
  try {
    return read(new FileBytes(file, fstatSync(file).size));
  } catch (cause) {
    if (!(cause instanceof Malformed)) throw cause;
  } finally {
    closeSync(file);
  }
  throw new UserError(`${path} is damaged, or no ${what}.`, {
    action: 'Download or copy the model again.',
  });
}

/** What is thrown inside of `readMessage` for bytes that are no such message. */
export class Malformed extends Error {}

/** A field of a message: a number, or the place of its bytes. */
export interface Field {
  readonly field: number;
  readonly value: number;
  readonly start: number;
  readonly end: number;
}

const WINDOW_BYTES = 1 << 16;

export class FileBytes {
  readonly size: number;
  readonly #file: number;
  readonly #window = new Uint8Array(WINDOW_BYTES);
  #windowStart = 0;
  #windowEnd = 0;

  constructor(file: number, size: number) {
    this.#file = file;
    this.size = size;
  }

  *fields(start: number, end: number): Generator<Field, undefined> {
    for (let at = start; at < end; ) {
      const [tag, afterTag] = this.#varint(at, end);
      const field = Math.floor(tag / 8);
      const kind = tag % 8;
      if (kind === 0) {
        const [value, next] = this.#varint(afterTag, end);
        yield { field, value, start: afterTag, end: next };
        at = next;
      } else {
        const [length, first] = kind === 2 ? this.#varint(afterTag, end) : [FIXED_BYTES[kind], afterTag];
        if (length === undefined || first + length > end) throw new Malformed();
        yield { field, value: 0, start: first, end: first + length };
        at = first + length;
      }
    }
  }

  text({ start, end }: Field): string {
    const bytes = Uint8Array.from({ length: Math.min(end - start, WINDOW_BYTES) }, (_, i) =>
      this.#byte(start + i),
    );
    return new TextDecoder().decode(bytes);
  }

  /** The value of a field of 32 bits. */
  float({ start, end }: Field): number {
    if (end - start !== 4) throw new Malformed();
    const bytes = Uint8Array.from({ length: 4 }, (_, i) => this.#byte(start + i));
    return new DataView(bytes.buffer).getFloat32(0, true);
  }

  #varint(at: number, end: number): readonly [value: number, next: number] {
    let value = 0;
    for (let i = 0; i < 10 && at + i < end; i++) {
      const byte = this.#byte(at + i);
      value += (byte & 0x7f) * 2 ** (7 * i);
      if (byte < 0x80) return [value, at + i + 1];
    }
    throw new Malformed();
  }

  #byte(at: number): number {
    if (at < this.#windowStart || at >= this.#windowEnd) {
      this.#windowStart = at;
      this.#windowEnd = at + readSync(this.#file, this.#window, 0, WINDOW_BYTES, at);
      if (this.#windowEnd === at) throw new Malformed();
    }
    return this.#window[at - this.#windowStart]!;
  }
}

/** Sizes of the wire types that have a fixed one, 64 and 32 bits. */
const FIXED_BYTES: Readonly<Record<number, number>> = { 1: 8, 5: 4 };
