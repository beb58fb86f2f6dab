// Cuts rows into batches on demand. A batch that was too large comes back, and all later ones are smaller.

import { EnvironmentError } from '../../errors.ts';
import type { BatchSizeSearch } from './batch-size-search.ts';

/** An iterator that may go on after it was done: `giveBack` brings rows back. */
export class BatchQueue<Row> implements Iterator<readonly Row[], undefined> {
  #rows: readonly Row[];
  readonly #sizes: BatchSizeSearch;

  constructor(rows: readonly Row[], sizes: BatchSizeSearch) {
    this.#rows = rows;
    this.#sizes = sizes;
  }

  get size(): number {
    return this.#sizes.size(this.#rows.length);
  }

  next(): IteratorResult<readonly Row[], undefined> {
    if (this.#rows.length === 0) return { done: true, value: undefined };
    const { size } = this;
    const batch = this.#rows.slice(0, size);
    this.#rows = this.#rows.slice(size);
    return { done: false, value: batch };
  }

  /** Halves the size below that of the batch. Throws when it had one row only. */
  giveBack(batch: readonly Row[]): void {
    if (batch.length === 1) {
      throw new EnvironmentError('There is not enough memory to sample even one output at a time.', {
        action: 'Close other programs, use fewer workers, or set a smaller max-tokens.',
      });
    }
    this.#sizes.limit(batch.length);
    this.#rows = [...batch, ...this.#rows];
  }
}
