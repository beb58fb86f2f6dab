// The fingerprints that logs name, numbered as they come. A log names one for every block, and each as a string would cost more
// than all that is done with it, so they are the four words of their MD5.

import { GrowingUint32 } from '../../engine/growing-array.ts';

/** So many numbers are one. */
const FINGERPRINT_WORDS = 4;
const WORD_BYTES = 4;
const FINGERPRINT_BYTES = FINGERPRINT_WORDS * WORD_BYTES;
const LEAST_SLOTS = 1 << 10;
const EMPTY = 0xffffffff;
const FOLLOWING = 16;

/** So many hexadecimal digits are a fingerprint. */
export const FINGERPRINT_DIGITS = 2 * FINGERPRINT_BYTES;

/** Words of a fingerprint that is not known yet: what `LineCursor.fingerprint` fills. */
export const fingerprintWords = (): Uint32Array => new Uint32Array(FINGERPRINT_WORDS);

/** Fingerprints, one behind the other, each in lower-case hexadecimal digits. */
export function fingerprintTexts(words: Uint32Array): string[] {
  const bytes = Buffer.allocUnsafe(WORD_BYTES * words.length);
  for (let i = 0; i < words.length; i++) bytes.writeUInt32BE(words[i]!, WORD_BYTES * i);
  return Array.from({ length: words.length / FINGERPRINT_WORDS }, (_, i) =>
    bytes.toString('hex', FINGERPRINT_BYTES * i, FINGERPRINT_BYTES * (i + 1)),
  );
}

export class Fingerprints {
  readonly #words = new GrowingUint32();
  /** A hash table of their numbers. */
  #slots = new Uint32Array(LEAST_SLOTS).fill(EMPTY);
  /** The last one that was asked for. */
  #latest = -1;

  /** The number of a fingerprint; a new one for one that is new. */
  numberOf(words: Uint32Array): number {
    // Logs name fragments in one order, and leave some out: most often it is one of the next.
    for (let number = this.#latest + 1; number <= this.#latest + FOLLOWING; number++)
      if (this.is(number, words)) return this.#keepLatest(number);
    return this.#keepLatest(this.#find(words));
  }

  #keepLatest(number: number): number {
    this.#latest = number;
    return number;
  }

  #find(words: Uint32Array): number {
    const slot = this.#slotOf(words);
    const known = this.#slots[slot]!;
    if (known !== EMPTY) return known;
    const number = this.#words.length / FINGERPRINT_WORDS;
    for (const word of words) this.#words.push(word);
    this.#slots[slot] = number;
    if (2 * number >= this.#slots.length) this.#grow();
    return number;
  }

  /** False for a number that is nobody’s. */
  is(number: number, words: Uint32Array): boolean {
    const at = FINGERPRINT_WORDS * number;
    if (at >= this.#words.length) return false;
    for (let i = 0; i < FINGERPRINT_WORDS; i++) if (this.#words.get(at + i) !== words[i]) return false;
    return true;
  }

  /** Not copied. */
  words(number: number): Uint32Array {
    return this.#words.view().subarray(FINGERPRINT_WORDS * number, FINGERPRINT_WORDS * (number + 1));
  }

  /** In lower-case hexadecimal digits. */
  text(number: number): string {
    return fingerprintTexts(this.words(number))[0]!;
  }

  /** The slot that a fingerprint has, or would have. An MD5 needs no hash of its own; whoever chooses fingerprints by hand waits longer. */
  #slotOf(words: Uint32Array): number {
    const mask = this.#slots.length - 1;
    let slot = (words[0]! ^ words[FINGERPRINT_WORDS - 1]!) & mask;
    for (;;) {
      const number = this.#slots[slot]!;
      if (number === EMPTY || this.is(number, words)) return slot;
      slot = (slot + 1) & mask;
    }
  }

  #grow(): void {
    this.#slots = new Uint32Array(2 * this.#slots.length).fill(EMPTY);
    const nKnown = this.#words.length / FINGERPRINT_WORDS;
    for (let number = 0; number < nKnown; number++) {
      this.#slots[this.#slotOf(this.words(number))] = number;
    }
  }
}
