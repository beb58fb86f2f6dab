// Whole numbers below 2^53 as bytes, seven bits each, the lowest first: what partial results are written in.

/** So few are copied in less time than a view of them is made. */
const SHORT_BYTES = 128;

export class VarintWriter {
  #bytes = new Uint8Array(1 << 12);
  #length = 0;

  get length(): number {
    return this.#length;
  }

  write(value: number): void {
    // Nearly always.
    if (value < 0x80 && this.#length < this.#bytes.length) {
      this.#bytes[this.#length++] = value;
      return;
    }
    if (this.#length + 8 > this.#bytes.length) this.#grow(this.#length + 8);
    let rest = value;
    for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) this.#bytes[this.#length++] = (rest % 0x80) | 0x80;
    this.#bytes[this.#length++] = rest;
  }

  /** Writes three numbers like three calls of `write`. */
  writeThree(a: number, b: number, c: number): void {
    if (a < 0x80 && b < 0x80 && c < 0x80 && this.#length + 3 <= this.#bytes.length) {
      const bytes = this.#bytes;
      let at = this.#length;
      bytes[at++] = a;
      bytes[at++] = b;
      bytes[at++] = c;
      this.#length = at;
      return;
    }
    this.write(a);
    this.write(b);
    this.write(c);
  }

  /** Does `times` times what `writeThree` does. */
  writeThreeOften(times: number, a: number, b: number, c: number): void {
    const from = this.#length;
    this.writeThree(a, b, c);
    const end = from + times * (this.#length - from);
    if (end > this.#bytes.length) this.#grow(end);
    // What is there is copied behind itself, so that each copy is twice the one before.
    for (let n = this.#length - from; from + n < end; n *= 2) {
      this.#bytes.copyWithin(from + n, from, Math.min(from + n, end - n));
    }
    this.#length = end;
  }

  /** Numbers of either sign, the small ones short. */
  writeSigned(value: number): void {
    this.write(value < 0 ? -2 * value - 1 : 2 * value);
  }

  /** `nBytes` of the bytes from `at` on. */
  append(bytes: Uint8Array, at = 0, nBytes = bytes.length - at): void {
    if (this.#length + nBytes > this.#bytes.length) this.#grow(this.#length + nBytes);
    if (nBytes > SHORT_BYTES) this.#bytes.set(bytes.subarray(at, at + nBytes), this.#length);
    else {
      const to = this.#bytes;
      const start = this.#length;
      for (let i = 0; i < nBytes; i++) to[start + i] = bytes[at + i]!;
    }
    this.#length += nBytes;
  }

  /** What was written is overwritten by the next. */
  clear(): void {
    this.#length = 0;
  }

  /** A view of what was written so far. */
  written(): Uint8Array {
    return this.#bytes.subarray(0, this.#length);
  }

  #grow(least: number): void {
    const grown = new Uint8Array(Math.max(least, 2 * this.#bytes.length));
    grown.set(this.written());
    this.#bytes = grown;
  }
}

export class VarintReader {
  readonly #bytes: Uint8Array;
  at: number;
  readonly end: number;

  constructor(bytes: Uint8Array, at = 0, end = bytes.length) {
    this.#bytes = bytes;
    this.at = at;
    this.end = end;
  }

  read(): number {
    let value = 0;
    for (let scale = 1; ; scale *= 0x80) {
      if (this.at >= this.end) throw new RangeError(`A partial result ends too early, at byte ${this.at}`);
      const byte = this.#bytes[this.at++]!;
      if (byte < 0x80) return value + byte * scale;
      value += (byte & 0x7f) * scale;
    }
  }

  readSigned(): number {
    const value = this.read();
    return value % 2 === 1 ? -(value + 1) / 2 : value / 2;
  }
}
