// Reads lines that are nearly always written in one way, from their bytes: a string for each of millions would cost more than
// all that is done with them. What stands there in another way is left to whoever asks, as a string.

import { FINGERPRINT_DIGITS } from './fingerprints.ts';

const LF = 10;
const ZERO = 0x30;
const SPACE = 0x20;
const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const DELETE = 0x7f;
/** So many digits are a safe integer. */
const MAX_DIGITS = 15;
const WORD_BYTES = 4;

/** What `passes` asks for, word by word as far as there are whole ones. */
export interface ExpectedBytes {
  readonly words: Int32Array;
  readonly rest: Uint8Array;
}

export class LineCursor {
  readonly #bytes: Buffer;
  readonly #view: DataView;
  /** In bytes. */
  at = 0;

  /** `bytes` hold whole lines; the last one may be without its end. */
  constructor(bytes: Buffer) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  }

  get isAtEnd(): boolean {
    return this.at >= this.#bytes.length;
  }

  /** Moves behind these bytes, if they stand here. */
  passes({ words, rest }: ExpectedBytes): boolean {
    const view = this.#view;
    const bytes = this.#bytes;
    let { at } = this;
    if (at + WORD_BYTES * words.length + rest.length > bytes.length) return false;
    for (let i = 0; i < words.length; i++) {
      if (view.getInt32(at, true) !== words[i]) return false;
      at += WORD_BYTES;
    }
    for (let i = 0; i < rest.length; i++) if (bytes[at++] !== rest[i]) return false;
    this.at = at;
    return true;
  }

  passesByte(byte: number): boolean {
    if (this.#bytes[this.at] !== byte) return false;
    this.at++;
    return true;
  }

  /** Moves behind a whole number as JSON writes it. -1 where none stands here, or a very large one. */
  number(): number {
    const bytes = this.#bytes;
    const start = this.at;
    let value = 0;
    let at = start;
    for (; at - start <= MAX_DIGITS; at++) {
      const digit = (bytes[at] ?? 0) - ZERO;
      if (digit < 0 || digit > 9) break;
      value = 10 * value + digit;
    }
    const nDigits = at - start;
    if (nDigits === 0 || nDigits > MAX_DIGITS || (nDigits > 1 && bytes[start] === ZERO)) return -1;
    this.at = at;
    return value;
  }

  /** Moves behind a fingerprint in lower-case digits and puts it into `words`; false, and nothing is passed, where none stands here. */
  fingerprint(words: Uint32Array): boolean {
    const bytes = this.#bytes;
    const { at } = this;
    if (at + FINGERPRINT_DIGITS > bytes.length) return false;
    const nWordDigits = FINGERPRINT_DIGITS / words.length;
    for (let i = 0; i < words.length; i++) {
      let word = 0;
      for (let j = 0; j < nWordDigits; j++) {
        const digit = DIGITS[bytes[at + i * nWordDigits + j]!]!;
        if (digit < 0) return false;
        word = (word << 4) | digit;
      }
      words[i] = word;
    }
    this.at = at + FINGERPRINT_DIGITS;
    return true;
  }

  /** Moves to the next quote, and returns what stands before it. Undefined, and nothing is passed, unless that means itself in JSON and is ASCII. */
  plainText(): string | undefined {
    const bytes = this.#bytes;
    const start = this.at;
    let at = start;
    for (; at < bytes.length && bytes[at] !== QUOTE; at++) {
      const byte = bytes[at]!;
      if (byte < SPACE || byte >= DELETE || byte === BACKSLASH) return undefined;
    }
    if (at === bytes.length) return undefined;
    this.at = at;
    return bytes.toString('latin1', start, at);
  }

  /** The rest of the line, a character a byte, without its end; moves behind it. */
  line(): string {
    const found = this.#bytes.indexOf(LF, this.at);
    const end = found < 0 ? this.#bytes.length : found;
    const text = this.#bytes.toString('latin1', this.at, end);
    this.at = end + 1;
    return text;
  }
}

/** The value of each byte as a lower-case hexadecimal digit; -1 for all others. */
const DIGITS = Int8Array.from({ length: 256 }, (_, byte) =>
  '0123456789abcdef'.indexOf(String.fromCharCode(byte)),
);

/** What `passes` asks for. */
export function bytesOf(text: string): ExpectedBytes {
  const bytes = Buffer.from(text, 'latin1');
  const nWords = Math.floor(bytes.length / WORD_BYTES);
  return {
    words: Int32Array.from({ length: nWords }, (_, i) => bytes.readInt32LE(WORD_BYTES * i)),
    rest: Uint8Array.from(bytes.subarray(WORD_BYTES * nWords)),
  };
}
