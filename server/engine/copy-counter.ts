// Counts how often given texts occur in others, byte for byte and overlapping too. Texts are told apart by 52-bit
// hashes. A text's first bytes, as many as the largest power of two in its length, are looked for by a rolling hash, so
// that one pass over a document serves texts of any length.

export class CopyCounter {
  /** Keyed by the number of first bytes that are looked for. */
  readonly #anchors = new Map<number, Anchors>();
  readonly #ids = new Map<number, number>();
  readonly #counts: number[] = [];

  get nTexts(): number {
    return this.#ids.size;
  }

  /** The number that `countOf` knows the text by: text[start, start + length), of at least a byte. */
  add(text: Uint8Array, start: number, length: number): number {
    const key = hashOf(text, start, length);
    const known = this.#ids.get(key);
    if (known !== undefined) return known;
    const id = this.#counts.length;
    this.#ids.set(key, id);
    this.#counts.push(0);
    const nFirst = 2 ** Math.floor(Math.log2(length));
    let anchors = this.#anchors.get(nFirst);
    if (anchors === undefined) {
      anchors = new Anchors(nFirst);
      this.#anchors.set(nFirst, anchors);
    }
    anchors.add(text, start, length);
    return id;
  }

  /** Counts the texts in one more document. */
  read(document: Uint8Array): void {
    for (const anchors of this.#anchors.values()) {
      anchors.find(document, (start, length) => {
        const id = this.#ids.get(hashOf(document, start, length));
        if (id !== undefined) this.#counts[id]!++;
      });
    }
  }

  countOf(id: number): number {
    return this.#counts[id]!;
  }
}

const FILTER_BITS = 1 << 22;

/** The first bytes of texts, all of one number, with the lengths of the texts that begin so. */
class Anchors {
  readonly #nBytes: number;
  /** Base to the power of the number of bytes: what the byte that leaves counts. */
  readonly #leaving: number;
  readonly #lengths = new Map<number, number[]>();
  readonly #filter = new Uint32Array(FILTER_BITS / 32);

  constructor(nBytes: number) {
    this.#nBytes = nBytes;
    let power = 1;
    for (let i = 0; i < nBytes; i++) power = Math.imul(power, BASE);
    this.#leaving = power;
  }

  add(text: Uint8Array, start: number, length: number): void {
    let hash = 0;
    for (let at = start; at < start + this.#nBytes; at++) hash = (Math.imul(hash, BASE) + text[at]! + 1) | 0;
    const lengths = this.#lengths.get(hash);
    if (lengths === undefined) this.#lengths.set(hash, [length]);
    else if (!lengths.includes(length)) lengths.push(length);
    const bit = hash & (FILTER_BITS - 1);
    this.#filter[bit >>> 5]! |= 1 << (bit & 31);
  }

  /** Calls `onFound` where such a text may begin, for each length that it may have and that fits. */
  find(document: Uint8Array, onFound: (start: number, length: number) => void): void {
    const n = this.#nBytes;
    const filter = this.#filter;
    let hash = 0;
    for (let at = 0; at < document.length; at++) {
      hash = (Math.imul(hash, BASE) + document[at]! + 1) | 0;
      if (at >= n) hash = (hash - Math.imul(this.#leaving, document[at - n]! + 1)) | 0;
      if (at < n - 1) continue;
      const bit = hash & (FILTER_BITS - 1);
      if ((filter[bit >>> 5]! & (1 << (bit & 31))) === 0) continue;
      const start = at + 1 - n;
      for (const length of this.#lengths.get(hash) ?? NONE) {
        if (start + length <= document.length) onFound(start, length);
      }
    }
  }
}

const NONE: readonly number[] = [];
const BASE = 0x01000193;

/** 52 bits, of the length too: two halves that are multiplied and turned apart from each other. */
function hashOf(text: Uint8Array, start: number, length: number): number {
  let a = 0x811c9dc5 ^ length;
  let b = 0x9e3779b9 + length;
  for (let at = start; at < start + length; at++) {
    const byte = text[at]!;
    a = Math.imul(a ^ byte, 0x01000193);
    a ^= a >>> 15;
    b = Math.imul(b + byte, 0x85ebca6b);
    b ^= b >>> 13;
  }
  return (mix(a) & 0x3ffffff) * 2 ** 26 + (mix(b) & 0x3ffffff);
}

function mix(hash: number): number {
  let h = hash ^ (hash >>> 16);
  h = Math.imul(h, 0x7feb352d);
  h ^= h >>> 15;
  h = Math.imul(h, 0x846ca68b);
  return h ^ (h >>> 16);
}
