// The distinct places of one fragment in one file: by their first lines, in the order in which they came. There is one after the
// other, and millions of lines in all, so nothing is made anew for the next.

import { GrowingUint32 } from '../../engine/growing-array.ts';

const LEAST_SLOTS = 64;

export class DistinctLines {
  readonly #firstLines = new GrowingUint32();
  readonly #lastLines = new GrowingUint32();
  /** A hash table: the index of a first line, and the round in which the slot was taken. */
  #indexes = new Uint32Array(LEAST_SLOTS);
  #rounds = new Uint32Array(LEAST_SLOTS);
  #round = 1;

  clear(): void {
    this.#firstLines.truncate(0);
    this.#lastLines.truncate(0);
    // A number that the slots do not hold yet.
    if (++this.#round < 2 ** 32) return;
    this.#rounds.fill(0);
    this.#round = 1;
  }

  /** A first line that is there already has the last line of the latest. */
  add(firstLine: number, lastLine: number): void {
    if (2 * this.#firstLines.length >= this.#indexes.length) this.#grow();
    const slot = this.#slotOf(firstLine);
    if (this.#rounds[slot] === this.#round) {
      this.#lastLines.set(this.#indexes[slot]!, lastLine);
      return;
    }
    this.#take(slot, this.#firstLines.length);
    this.#firstLines.push(firstLine);
    this.#lastLines.push(lastLine);
  }

  each(visit: (firstLine: number, lastLine: number) => void): void {
    for (let i = 0; i < this.#firstLines.length; i++) visit(this.#firstLines.get(i), this.#lastLines.get(i));
  }

  /** The slot that a line has, or would have. */
  #slotOf(firstLine: number): number {
    const mask = this.#indexes.length - 1;
    let slot = (Math.imul(firstLine, 0x9e3779b1) >>> 7) & mask;
    while (this.#rounds[slot] === this.#round && this.#firstLines.get(this.#indexes[slot]!) !== firstLine)
      slot = (slot + 1) & mask;
    return slot;
  }

  #take(slot: number, index: number): void {
    this.#indexes[slot] = index;
    this.#rounds[slot] = this.#round;
  }

  #grow(): void {
    const nSlots = 2 * this.#indexes.length;
    this.#indexes = new Uint32Array(nSlots);
    this.#rounds = new Uint32Array(nSlots);
    for (let i = 0; i < this.#firstLines.length; i++) this.#take(this.#slotOf(this.#firstLines.get(i)), i);
  }
}
