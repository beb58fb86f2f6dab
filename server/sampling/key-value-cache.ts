// Keys and values of all positions so far, one batch's worth, between two runs of the generation loop.
// Knows shapes, not meanings.

import { Tensor } from 'onnxruntime-node';

/** Arrays of [rows, heads, positions, head width], by name. Old memory is given back at once, not at a collection. */
export class KeyValueCache {
  readonly #nHeads: number;
  readonly #headWidth: number;
  readonly #arrays: Map<string, Float32Array<ArrayBuffer>>;
  #nRows: number;
  #nPositions = 0;

  constructor(names: readonly string[], nRows: number, nHeads: number, headWidth: number) {
    this.#arrays = new Map(names.map((name) => [name, new Float32Array(0)]));
    this.#nRows = nRows;
    this.#nHeads = nHeads;
    this.#headWidth = headWidth;
  }

  tensor(name: string): Tensor {
    const shape = [this.#nRows, this.#nHeads, this.#nPositions, this.#headWidth];
    return new Tensor('float32', this.#arrays.get(name)!, shape);
  }

  /**
   * Puts `nMade` new positions behind the old ones and keeps only some rows, in their order. `made` gives
   * the new part of a name, [rows before, heads, nMade, head width].
   */
  append(nMade: number, keptRows: readonly number[], made: (name: string) => Float32Array): void {
    const oldLength = this.#nPositions * this.#headWidth;
    const madeLength = nMade * this.#headWidth;
    const newLength = oldLength + madeLength;
    for (const [name, old] of this.#arrays) {
      const added = made(name);
      const joined = new Float32Array(keptRows.length * this.#nHeads * newLength);
      let at = 0;
      for (const row of keptRows) {
        for (let head = row * this.#nHeads; head < (row + 1) * this.#nHeads; head++) {
          joined.set(old.subarray(head * oldLength, (head + 1) * oldLength), at);
          joined.set(added.subarray(head * madeLength, (head + 1) * madeLength), at + oldLength);
          at += newLength;
        }
      }
      this.#arrays.set(name, joined);
      old.buffer.transfer(0);
    }
    this.#nRows = keptRows.length;
    this.#nPositions += nMade;
  }
}
