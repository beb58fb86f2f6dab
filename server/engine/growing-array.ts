// A Uint32Array that grows: for what is collected before its size is known.

export class GrowingUint32 {
  #values: Uint32Array;
  #length = 0;

  constructor(capacity = 1 << 10) {
    this.#values = new Uint32Array(capacity);
  }

  get length(): number {
    return this.#length;
  }

  push(value: number): void {
    if (this.#length === this.#values.length) {
      const grown = new Uint32Array(2 * this.#length);
      grown.set(this.#values);
      this.#values = grown;
    }
    this.#values[this.#length++] = value;
  }

  get(index: number): number {
    return this.#values[index]!;
  }

  set(index: number, value: number): void {
    this.#values[index] = value;
  }

  truncate(length: number): void {
    this.#length = length;
  }

  /** A view of what is there now; pushing may move on to other memory. */
  view(): Uint32Array {
    return this.#values.subarray(0, this.#length);
  }
}
