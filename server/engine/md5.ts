// MD5 (RFC 1321) over bytes that arrive in pieces. The digest may be taken at any time and the stream goes
// on, so all prefixes of a text cost one pass. It names content; nothing here relies on it being secure.

export class Md5 {
  readonly #state = Int32Array.of(0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476);
  readonly #block = new Uint8Array(64);
  readonly #words = new Int32Array(16);
  #nBytes = 0;

  update(bytes: Uint8Array): this {
    let at = 0;
    while (at < bytes.length) {
      const filled = this.#nBytes % 64;
      const taken = Math.min(64 - filled, bytes.length - at);
      if (taken === 64) this.#mix(this.#state, bytes, at);
      else {
        this.#block.set(bytes.subarray(at, at + taken), filled);
        if (filled + taken === 64) this.#mix(this.#state, this.#block, 0);
      }
      at += taken;
      this.#nBytes += taken;
    }
    return this;
  }

  /** 32 lower-case hex digits for what has been given so far. */
  digest(): string {
    const state = this.#state.slice();
    const filled = this.#nBytes % 64;
    const tail = new Uint8Array(filled < 56 ? 64 : 128);
    tail.set(this.#block.subarray(0, filled));
    tail[filled] = 0x80;
    const length = new DataView(tail.buffer, tail.length - 8);
    length.setUint32(0, (this.#nBytes * 8) >>> 0, true);
    length.setUint32(4, Math.floor(this.#nBytes / 0x20000000), true);
    for (let at = 0; at < tail.length; at += 64) this.#mix(state, tail, at);
    let hex = '';
    for (const word of state) {
      for (let shift = 0; shift < 32; shift += 8)
        hex += ((word >>> shift) & 0xff).toString(16).padStart(2, '0');
    }
    return hex;
  }

  #mix(state: Int32Array, bytes: Uint8Array, at: number): void {
    const words = this.#words;
    for (let i = 0; i < 16; i++) {
      const b = at + 4 * i;
      words[i] = bytes[b]! | (bytes[b + 1]! << 8) | (bytes[b + 2]! << 16) | (bytes[b + 3]! << 24);
    }
    let a = state[0]!;
    let b = state[1]!;
    let c = state[2]!;
    let d = state[3]!;
    for (let i = 0; i < 64; i++) {
      let mixed: number;
      let word: number;
      if (i < 16) {
        mixed = (b & c) | (~b & d);
        word = i;
      } else if (i < 32) {
        mixed = (d & b) | (~d & c);
        word = (5 * i + 1) & 15;
      } else if (i < 48) {
        mixed = b ^ c ^ d;
        word = (3 * i + 5) & 15;
      } else {
        mixed = c ^ (b | ~d);
        word = (7 * i) & 15;
      }
      const sum = (a + mixed + sines[i]! + words[word]!) | 0;
      const shift = shifts[((i >> 4) << 2) | (i & 3)]!;
      a = d;
      d = c;
      c = b;
      b = (b + ((sum << shift) | (sum >>> (32 - shift)))) | 0;
    }
    state[0] = (state[0]! + a) | 0;
    state[1] = (state[1]! + b) | 0;
    state[2] = (state[2]! + c) | 0;
    state[3] = (state[3]! + d) | 0;
  }
}

const shifts = [7, 12, 17, 22, 5, 9, 14, 20, 4, 11, 16, 23, 6, 10, 15, 21];
/** RFC 1321, section 3.4: the integer part of 2^32 × |sin(i)|, i from 1. */
const sines = Int32Array.from({ length: 64 }, (_, i) => Math.floor(2 ** 32 * Math.abs(Math.sin(i + 1))));
