// Numbers of any width as bits, the lowest first: what the postings of an index are written in.

const MAX_UNARY = 1 << 16;
/** The rest of a Rice code is up to twice as long. */
const HALF_BITS = 16;

/** Bits of the shorter codes of numbers below `n`, and how many there are of them. */
const shortOnes = (n: number) => {
  const nBits = 31 - Math.clz32(n);
  return { nBits, nShort: 2 * 2 ** nBits - n };
};

export class BitWriter {
  #bytes = new Uint8Array(1 << 12);
  #length = 0;
  #held = 0;
  #nHeld = 0;

  /** `nBits` is at most 24. */
  write(value: number, nBits: number): void {
    if (this.#length + 4 > this.#bytes.length) this.#grow();
    const bytes = this.#bytes;
    let held = this.#held | (value << this.#nHeld);
    let nHeld = this.#nHeld + nBits;
    let length = this.#length;
    for (; nHeld >= 8; nHeld -= 8) {
      bytes[length++] = held & 0xff;
      held >>>= 8;
    }
    this.#held = held;
    this.#nHeld = nHeld;
    this.#length = length;
  }

  /** Rice's code: the quotient as so many ones and a zero, then the rest in `nBits` bits. */
  writeRice(value: number, nBits: number): void {
    const nOnes = value >>> nBits;
    if (nOnes + 1 + nBits <= 24) {
      const rest = value & ((1 << nBits) - 1);
      this.write(((1 << nOnes) - 1) | (rest << (nOnes + 1)), nOnes + 1 + nBits);
      return;
    }
    for (let ones = nOnes; ones > 0; ones -= 16)
      this.write((1 << Math.min(ones, 16)) - 1, Math.min(ones, 16));
    this.write(0, 1);
    const nLower = Math.min(nBits, HALF_BITS);
    this.write(value & ((1 << nLower) - 1), nLower);
    if (nBits > nLower) this.write((value >>> nLower) & ((1 << (nBits - nLower)) - 1), nBits - nLower);
  }

  /** A number below `n`, which is at most 2^24: the first few take one bit less than the others. */
  writeBelow(value: number, n: number): void {
    const { nBits, nShort } = shortOnes(n);
    if (value < nShort) this.write(value, nBits);
    else {
      this.write((value + nShort) >>> 1, nBits);
      this.write((value + nShort) & 1, 1);
    }
  }

  /** Small numbers short: three bits at a time, each with one that says whether more follow. */
  writeShort(value: number): void {
    let rest = value;
    for (; rest > 7; rest >>>= 3) this.write((rest & 7) | 8, 4);
    this.write(rest, 4);
  }

  /** Ends the last byte; what was written so far is overwritten by the next. */
  take(): Uint8Array {
    if (this.#nHeld > 0) this.write(0, 8 - this.#nHeld);
    const bytes = this.#bytes.subarray(0, this.#length);
    this.#length = 0;
    return bytes;
  }

  #grow(): void {
    const grown = new Uint8Array(2 * this.#bytes.length);
    grown.set(this.#bytes);
    this.#bytes = grown;
  }
}

/** Throws a `RangeError` behind the end. */
export class BitReader {
  readonly #bytes: Uint8Array;
  #at = 0;
  #held = 0;
  #nHeld = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  read(nBits: number): number {
    while (this.#nHeld < nBits) {
      if (this.#at >= this.#bytes.length) throw new RangeError('A list of the index ends too early');
      this.#held |= this.#bytes[this.#at++]! << this.#nHeld;
      this.#nHeld += 8;
    }
    const value = this.#held & ((1 << nBits) - 1);
    this.#held >>>= nBits;
    this.#nHeld -= nBits;
    return value;
  }

  readRice(nBits: number): number {
    const ones = this.#readOnes();
    const nLower = Math.min(nBits, HALF_BITS);
    const lower = this.read(nLower);
    return ones * 2 ** nBits + this.read(nBits - nLower) * 2 ** nLower + lower;
  }

  readBelow(n: number): number {
    const { nBits, nShort } = shortOnes(n);
    const value = this.read(nBits);
    return value < nShort ? value : 2 * value + this.read(1) - nShort;
  }

  /** Ones up to a zero, which is read, too. */
  #readOnes(): number {
    for (let ones = 0; ones <= MAX_UNARY; ) {
      if (this.#nHeld === 0) {
        this.#held = this.read(8);
        this.#nHeld = 8;
      }
      const zeros = ~this.#held;
      const here = 31 - Math.clz32(zeros & -zeros);
      if (here < this.#nHeld) {
        this.#held >>>= here + 1;
        this.#nHeld -= here + 1;
        return ones + here;
      }
      ones += this.#nHeld;
      this.#held = 0;
      this.#nHeld = 0;
    }
    throw new RangeError('A list of the index has no end');
  }

  readShort(): number {
    let value = 0;
    for (let shift = 0; shift < 30; shift += 3) {
      const part = this.read(4);
      value += (part & 7) * 2 ** shift;
      if (part < 8) return value;
    }
    throw new RangeError('A number of the index has no end');
  }
}
