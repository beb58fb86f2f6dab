// Numbers of any width as bits, the lowest of a byte first: what the postings of an index are read from.

/** The rest of a Rice code is up to twice as long. */
const HALF_BITS = 16;
/** What one look at the bytes gives at least. */
const SEEN_BITS = 25;

/** Throws a `RangeError` behind the end. */
export class BitReader {
  readonly #bytes: Uint8Array;
  readonly #nBits: number;
  /** In bits. */
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#nBits = 8 * bytes.length;
  }

  /** `nBits` is at most 24. */
  read(nBits: number): number {
    const value = this.#seen() & ((1 << nBits) - 1);
    this.#pass(nBits);
    return value;
  }

  /** Rice's code: the quotient as so many ones and a zero, then the rest in `nBits` bits. */
  readRice(nBits: number): number {
    const ones = this.#readOnes();
    // Powers by shifts: by `**` they take as long as all the rest.
    if (nBits <= 24) return ones * (1 << nBits) + this.read(nBits);
    const lower = this.read(HALF_BITS);
    return ones * 2 ** nBits + this.read(nBits - HALF_BITS) * 2 ** HALF_BITS + lower;
  }

  /** A number below `n`, which is at most 2^24: the first few take one bit less than the others. */
  readBelow(n: number): number {
    const nBits = 31 - Math.clz32(n);
    const nShort = (2 << nBits) - n;
    const value = this.read(nBits);
    return value < nShort ? value : 2 * value + this.read(1) - nShort;
  }

  /** Three bits at a time, each three with one that says whether more follow. */
  readShort(): number {
    return this.#readParts(3, 30);
  }

  /** Whole bytes of seven bits each, the lowest first. */
  readVarint(): number {
    return this.#readParts(7, 28);
  }

  /** Some bits at a time, the lowest first, each time with one above them that says whether more follow. */
  #readParts(nBits: number, most: number): number {
    const more = 1 << nBits;
    let value = 0;
    for (let shift = 0; shift < most; shift += nBits) {
      const part = this.read(nBits + 1);
      value += (part % more) * (1 << shift);
      if (part < more) return value;
    }
    throw new RangeError('A number of the index has no end');
  }

  /** Ones up to a zero, which is passed, too. */
  #readOnes(): number {
    for (let ones = 0; ; ones += SEEN_BITS) {
      const zeros = ~this.#seen();
      const here = 31 - Math.clz32(zeros & -zeros);
      if (here >= 0 && here < SEEN_BITS) {
        this.#pass(here + 1);
        return ones + here;
      }
      this.#pass(SEEN_BITS);
    }
  }

  /** The next bits; zeros behind the end. */
  #seen(): number {
    const bytes = this.#bytes;
    const i = this.#at >>> 3;
    const word = bytes[i]! | (bytes[i + 1]! << 8) | (bytes[i + 2]! << 16) | (bytes[i + 3]! << 24);
    return word >>> (this.#at & 7);
  }

  #pass(nBits: number): void {
    this.#at += nBits;
    if (this.#at > this.#nBits) throw new RangeError('A list of the index ends too early');
  }
}
