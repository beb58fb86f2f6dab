// Cuts rows into batches on demand. A batch that was too large comes back, and all later ones are smaller.

import { EnvironmentError } from '../errors.ts';

/** An iterator that may go on after it was done: `giveBack` brings rows back. */
export class BatchQueue<Row> implements Iterator<readonly Row[], undefined> {
  #rows: readonly Row[];
  #size: number;

  constructor(rows: readonly Row[], size: number) {
    this.#rows = rows;
    this.#size = size;
  }

  get size(): number {
    return this.#size;
  }

  next(): IteratorResult<readonly Row[], undefined> {
    if (this.#rows.length === 0) return { done: true, value: undefined };
    const batch = this.#rows.slice(0, this.#size);
    this.#rows = this.#rows.slice(this.#size);
    return { done: false, value: batch };
  }

  /** Halves the size below that of the batch. Throws when it had one row only. */
  giveBack(batch: readonly Row[]): void {
    if (batch.length === 1) {
      throw new EnvironmentError('There is not enough memory to sample even one output at a time.', {
        action: 'Close other programs, use fewer workers, or set a smaller max-tokens.',
      });
    }
    this.#size = Math.min(this.#size, Math.ceil(batch.length / 2));
    this.#rows = [...batch, ...this.#rows];
  }
}
