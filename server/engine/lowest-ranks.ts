// Keeps those with the lowest ranks of all that are offered, however many these are.

export class LowestRanks<T extends { readonly rank: number }> {
  readonly #most: number;
  #items: T[] = [];

  constructor(most: number) {
    this.#most = most;
  }

  add(items: Iterable<T>): void {
    for (const item of items) this.#items.push(item);
    if (this.#items.length > 4 * this.#most + 1000) this.#items = [...this.list()];
  }

  /** The lowest first. */
  list(): readonly T[] {
    return this.#items.sort((a, b) => a.rank - b.rank).slice(0, this.#most);
  }
}
