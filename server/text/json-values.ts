// Makes JSON lines of JSON that is laid out in any other way: one array of rows, objects one behind the other, objects
// over many lines. Bytes are only moved to other lines, never decoded: what stands between rows becomes blanks and line
// ends, one byte for one, but where two rows touch a line end is put between them.

const LF = 0x0a;
const CR = 0x0d;
const SPACE = 0x20;
const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const COLON = 0x3a;
const OPEN_LIST = 0x5b;
const CLOSE_LIST = 0x5d;
const OPEN = 0x7b;
const CLOSE = 0x7d;

/** Rows nested deeper are left as they are: they are damaged by any reader's rule. */
const MAX_DEPTH = 1 << 16;

export class JsonValues {
  /** Brackets that are open inside the row. */
  readonly #open: number[] = [];
  /** Inside the one array that holds all rows. */
  #isInArray = false;
  #isInString = false;
  #isEscaped = false;
  /** A row ended, and no line end was written since. */
  #isBehindRow = false;
  /** The last byte that is no blank, outside strings. */
  #last = 0;

  /** The rows of the next piece of the text; a row may go on in the next one. */
  push(chunk: Uint8Array): Uint8Array {
    const out = new Uint8Array(2 * chunk.length);
    let length = 0;
    const endOfText = findEndsOfTexts(chunk);
    for (let at = 0; at < chunk.length; at++) {
      if (this.#isInString && !this.#isEscaped) {
        const from = at;
        at = endOfText(from);
        out.set(chunk.subarray(from, at), length);
        length += at - from;
        if (at === chunk.length) break;
      }
      const byte = chunk[at]!;
      if (this.#isInString) {
        if (byte === LF) this.#giveUpRow();
        else if (this.#isEscaped) this.#isEscaped = false;
        else if (byte === BACKSLASH) this.#isEscaped = true;
        else if (byte === QUOTE) this.#endString();
        out[length++] = byte;
        continue;
      }
      if (byte === LF || byte === CR || byte === SPACE || byte === 0x09) {
        if (byte === LF && this.#open.length === 0) this.#isBehindRow = false;
        out[length++] = byte === LF && this.#open.length > 0 ? SPACE : byte;
        continue;
      }
      if (this.#startsAnew(byte)) {
        this.#open.length = 0;
        this.#isBehindRow = true;
      }
      if (this.#isBehindRow && byte !== COMMA && byte !== CLOSE_LIST) {
        out[length++] = LF;
        this.#isBehindRow = false;
      }
      out[length++] = this.#open.length === 0 ? this.#between(byte) : byte;
      if (out[length - 1] !== LF && out[length - 1] !== SPACE) this.#inside(byte);
      this.#last = byte;
    }
    return out.subarray(0, length);
  }

  /** A line end in a string is no JSON: the row ends there, damaged, and the next line is the next row. */
  #giveUpRow(): void {
    this.#isInString = false;
    this.#isEscaped = false;
    this.#isBehindRow = false;
    this.#open.length = 0;
  }

  #endString(): void {
    this.#isInString = false;
    this.#last = QUOTE;
    if (this.#open.length === 0) this.#isBehindRow = true;
  }

  /** An object where an object wants a key: the row before it was cut off. */
  #startsAnew(byte: number): boolean {
    return byte === OPEN && this.#open.at(-1) === OPEN && this.#last !== COLON;
  }

  /** What a byte between rows becomes. */
  #between(byte: number): number {
    if (byte === OPEN_LIST && !this.#isInArray) {
      this.#isInArray = true;
      return SPACE;
    }
    const isSeparator = byte === COMMA || (byte === CLOSE_LIST && this.#isInArray);
    if (!isSeparator) return byte;
    if (byte === CLOSE_LIST) this.#isInArray = false;
    this.#isBehindRow = false;
    return LF;
  }

  #inside(byte: number): void {
    if (byte === QUOTE) this.#isInString = true;
    else if (byte === OPEN || byte === OPEN_LIST) {
      if (this.#open.length < MAX_DEPTH) this.#open.push(byte);
    } else if (byte === CLOSE || byte === CLOSE_LIST) {
      this.#open.pop();
      if (this.#open.length === 0) this.#isBehindRow = true;
    }
  }
}

/**
 * Texts are nearly all of a corpus, and are moved as a whole. Gives back how to find, from a place inside a string, its
 * next byte that has to be looked at, or the chunk's end.
 */
function findEndsOfTexts(chunk: Uint8Array): (from: number) => number {
  const nextQuote = searchOnwards(chunk, QUOTE);
  const nextBackslash = searchOnwards(chunk, BACKSLASH);
  const nextLineEnd = searchOnwards(chunk, LF);
  return (from) => {
    for (let at = from; ; at += 2) {
      at = Math.min(nextQuote(at), nextBackslash(at), nextLineEnd(at));
      const isEscape = chunk[at] === BACKSLASH && at + 1 < chunk.length && chunk[at + 1] !== LF;
      if (!isEscape) return at;
    }
  };
}

/** Asked for places further and further on, it looks at no byte twice. */
function searchOnwards(chunk: Uint8Array, wanted: number): (from: number) => number {
  const bytes = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.length);
  let at = -1;
  return (from) => {
    if (at >= from) return at;
    const found = bytes.indexOf(wanted, from);
    at = found < 0 ? bytes.length : found;
    return at;
  };
}
