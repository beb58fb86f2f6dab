// Records of one part of a segment, sorted in memory: two words each, as in spill.ts, with documents' numbers in the
// segment.

import { PART_BITS } from './spill.ts';

/** Bits behind those of the part, all of which a bin's number may take. */
const BITS_LEFT = 32 - PART_BITS;
/** Moves of a record on average, far more than hashes take; then somebody made them so. */
const MOST_MOVES = 32;

export class RecordBuffer {
  #words = new Uint32Array(1 << 16);
  #sorted = new Uint32Array();
  #n = 0;

  add(low: number, high: number): void {
    if (2 * this.#n === this.#words.length) this.reserve(1);
    this.#words[2 * this.#n] = low;
    this.#words[2 * this.#n++ + 1] = high;
  }

  reserve(nMore: number): void {
    const nWords = 2 * (this.#n + nMore);
    if (nWords <= this.#words.length) return;
    const grown = new Uint32Array(Math.max(nWords, 2 * this.#words.length));
    grown.set(this.#words.subarray(0, 2 * this.#n));
    this.#words = grown;
  }

  clear(): void {
    this.#n = 0;
  }

  /**
   * In order of keys, then documents; overwritten by the next. Keys are hashes, so a bin for each leading few bits has about
   * one record, and what is left is to move each a few places.
   */
  sorted(): Uint32Array {
    const sorted = this.#inBins();
    return moveToPlace(sorted) ? sorted : sortSlowly(sorted);
  }

  #inBins(): Uint32Array {
    const n = this.#n;
    const words = this.#words;
    if (this.#sorted.length < 2 * n) this.#sorted = new Uint32Array(words.length);
    const nBits = Math.min(BITS_LEFT, Math.ceil(Math.log2(n + 2)));
    const shift = BITS_LEFT - nBits;
    const mask = 2 ** nBits - 1;
    const next = new Uint32Array(2 ** nBits + 1);
    for (let i = 1; i < 2 * n; i += 2) next[((words[i]! >>> shift) & mask) + 1]!++;
    for (let bin = 1; bin < next.length; bin++) next[bin]! += next[bin - 1]!;
    const sorted = this.#sorted;
    for (let i = 0; i < 2 * n; i += 2) {
      const high = words[i + 1]!;
      const at = 2 * next[(high >>> shift) & mask]!++;
      sorted[at] = words[i]!;
      sorted[at + 1] = high;
    }
    return sorted.subarray(0, 2 * n);
  }
}

/** False where that takes too long. */
function moveToPlace(words: Uint32Array): boolean {
  let left = MOST_MOVES * words.length;
  for (let i = 2; i < words.length; i += 2) {
    const low = words[i]!;
    const high = words[i + 1]!;
    let at = i;
    for (; at > 0; at -= 2) {
      const before = words[at - 1]!;
      if (before < high || (before === high && words[at - 2]! <= low)) break;
      words[at + 1] = before;
      words[at] = words[at - 2]!;
    }
    words[at] = low;
    words[at + 1] = high;
    left -= i - at;
    if (left < 0) return false;
  }
  return true;
}

/** Both words of a record as one number: V8 sorts these without calling back. */
function sortSlowly(words: Uint32Array): Uint32Array {
  new BigUint64Array(words.buffer, words.byteOffset, words.length / 2).sort();
  return words;
}
