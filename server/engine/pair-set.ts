// A set of pairs of numbers, in typed arrays.

/** Pairs of numbers below 2^32. */
export class PairSet {
  #first = new Uint32Array(1 << 12);
  #second = new Uint32Array(1 << 12);
  #size = 0;

  /** False when it was there. `first` must not be 0. */
  add(first: number, second: number): boolean {
    const mask = this.#first.length - 1;
    let slot = hashPair(first, second) & mask;
    for (; this.#first[slot] !== 0; slot = (slot + 1) & mask) {
      if (this.#first[slot] === first && this.#second[slot] === second) return false;
    }
    this.#first[slot] = first;
    this.#second[slot] = second;
    if (2 * ++this.#size > this.#first.length) this.#grow();
    return true;
  }

  get size(): number {
    return this.#size;
  }

  forEach(visit: (first: number, second: number) => void): void {
    for (let i = 0; i < this.#first.length; i++) {
      if (this.#first[i] !== 0) visit(this.#first[i]!, this.#second[i]!);
    }
  }

  #grow(): void {
    const first = this.#first;
    const second = this.#second;
    this.#first = new Uint32Array(2 * first.length);
    this.#second = new Uint32Array(2 * first.length);
    this.#size = 0;
    for (let i = 0; i < first.length; i++) if (first[i] !== 0) this.add(first[i]!, second[i]!);
  }
}

function hashPair(first: number, second: number): number {
  const hash = Math.imul(first, 0x9e3779b1) ^ Math.imul(second, 0x85ebca6b);
  return hash ^ (hash >>> 15);
}
