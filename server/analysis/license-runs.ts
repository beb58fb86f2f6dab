// In which licences each run of words stands. Half a megabyte of licences have some fifty thousand runs: they are numbers in
// lists of numbers, since a table of strings would take longer to make than most studies take to be analysed.

export const RUN_WORDS = 5;

export class LicenseRuns {
  /** Words of all licences by number, from 1. */
  readonly #numbers = new Map<string, number>();
  /** The numbers of all licences' words, one licence after the other. */
  readonly #words: Uint32Array;
  /** Per place in them: the licence. */
  readonly #licenses: Uint32Array;
  /** Per place at which a run begins: one before it at which the same run begins in another licence, from 1, or 0. */
  readonly #earlier: Uint32Array;
  /** Open addressing: the last place of each run, from 1. */
  readonly #slots: Uint32Array;

  constructor(licenses: readonly (readonly string[])[]) {
    const nWords = licenses.reduce((sum, words) => sum + words.length, 0);
    this.#words = new Uint32Array(nWords);
    this.#licenses = new Uint32Array(nWords);
    this.#earlier = new Uint32Array(nWords);
    this.#slots = new Uint32Array(2 ** Math.ceil(Math.log2(2 * nWords + 1)));
    let start = 0;
    for (const [license, words] of licenses.entries()) {
      const end = start + words.length;
      this.#licenses.fill(license, start, end);
      this.#number(words, start);
      for (let place = start; place + RUN_WORDS <= end; place++) this.#add(place);
      start = end;
    }
  }

  #number(words: readonly string[], start: number): void {
    for (let i = 0; i < words.length; i++) {
      const word = words[i]!;
      let number = this.#numbers.get(word);
      if (number === undefined) {
        number = this.#numbers.size + 1;
        this.#numbers.set(word, number);
      }
      this.#words[start + i] = number;
    }
  }

  /** For each licence, how many runs of a text's words stand in it. */
  count(words: readonly string[], nLicenses: number): Uint32Array {
    const counts = new Uint32Array(nLicenses);
    const numbers = Uint32Array.from(words, (word) => this.#numbers.get(word) ?? 0);
    for (let at = 0; at + RUN_WORDS <= numbers.length; at++) {
      let place = this.#slots[this.#find(numbers, at)]!;
      for (; place !== 0; place = this.#earlier[place - 1]!) counts[this.#licenses[place - 1]!]!++;
    }
    return counts;
  }

  #add(place: number): void {
    const slot = this.#find(this.#words, place);
    const last = this.#slots[slot]!;
    if (last !== 0 && this.#licenses[last - 1] === this.#licenses[place]) return;
    this.#earlier[place] = last;
    this.#slots[slot] = place + 1;
  }

  /** The slot of the run words[at …], or the empty one where it belongs. */
  #find(words: Uint32Array, at: number): number {
    const mask = this.#slots.length - 1;
    let hash = 0;
    for (let i = 0; i < RUN_WORDS; i++) {
      hash = Math.imul(hash ^ words[at + i]!, 0x9e3779b1);
      hash ^= hash >>> 15;
    }
    for (let slot = hash & mask; ; slot = (slot + 1) & mask) {
      const place = this.#slots[slot]!;
      if (place === 0 || this.#isSame(place - 1, words, at)) return slot;
    }
  }

  #isSame(place: number, words: Uint32Array, at: number): boolean {
    for (let i = 0; i < RUN_WORDS; i++) if (this.#words[place + i] !== words[at + i]) return false;
    return true;
  }
}
