// Reads lines that are nearly always written in one way, from their bytes: a string for each of millions would cost more than
// all that is done with them. What stands there in another way is left to whoever asks, as a string.

const LF = 10;
const ZERO = 0x30;
/** So many digits are a safe integer. */
const MAX_DIGITS = 15;

export class LineCursor {
  readonly #bytes: Buffer;
  /** In bytes. */
  at = 0;

  /** `bytes` hold whole lines; the last one may be without its end. */
  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  get isAtEnd(): boolean {
    return this.at >= this.#bytes.length;
  }

  /** Moves behind these bytes, if they stand here. */
  passes(expected: Uint8Array): boolean {
    const bytes = this.#bytes;
    const { at } = this;
    for (let i = 0; i < expected.length; i++) if (bytes[at + i] !== expected[i]) return false;
    this.at += expected.length;
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

  /** Moves behind so many lower-case hexadecimal digits; undefined where others stand here. */
  hex(nDigits: number): string | undefined {
    const bytes = this.#bytes;
    const end = this.at + nDigits;
    for (let at = this.at; at < end; at++) {
      const byte = bytes[at] ?? 0;
      if (!((byte >= ZERO && byte <= 0x39) || (byte >= 0x61 && byte <= 0x66))) return undefined;
    }
    const digits = bytes.toString('latin1', this.at, end);
    this.at = end;
    return digits;
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

/** What `passes` asks for. */
export const bytesOf = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text, 'latin1'));
