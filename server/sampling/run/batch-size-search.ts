// Finds which batch size is fastest on this machine, on the way: the first batches of a long run are made in
// different sizes and timed, so that the search costs no work of its own. No sample depends on a batch's size.

export class BatchSizeSearch {
  #best: number;
  #bestRate = 0;
  /** Sizes to time, the next one first. */
  #candidates: number[];
  #nIgnored: number;
  #rates: number[] = [];

  /** `first` is a good guess. The first batch of each worker warms it up and is not timed. */
  constructor(first: number, largest: number, nWorkers: number) {
    this.#best = first;
    this.#nIgnored = nWorkers;
    this.#candidates = [first];
    for (let size = 2 * first; size <= largest; size *= 2) this.#candidates.push(size);
  }

  /** What the next batch should have, with `nLeft` rows to come: near the end there is nothing to gain. */
  size(nLeft: number): number {
    const [next = this.#best] = this.#candidates;
    if (next > this.#best && nLeft < WORTHWHILE_BATCHES * next) this.#candidates = [];
    return this.#candidates[0] ?? this.#best;
  }

  /** A batch of `size` rows is done. Says whether the search has just found another size to be better. */
  observe(size: number, nTokens: number, elapsedMs: number): 'better' | 'nothing-new' {
    if (size !== this.#candidates[0] || this.#nIgnored-- > 0) return 'nothing-new';
    this.#rates.push(nTokens / elapsedMs);
    if (this.#rates.length < TIMED_BATCHES) return 'nothing-new';
    const rate = Math.max(...this.#rates);
    this.#rates = [];
    this.#candidates.shift();
    if (rate <= WORTH * this.#bestRate) {
      this.#candidates = [];
      return 'nothing-new';
    }
    const isBetter = size !== this.#best;
    this.#best = size;
    this.#bestRate = rate;
    return isBetter ? 'better' : 'nothing-new';
  }

  /** A batch of `size` rows did not fit into memory. */
  limit(size: number): void {
    this.#candidates = this.#candidates.filter((candidate) => candidate < size);
    while (this.#best >= size && this.#best > 1) this.#best = Math.ceil(this.#best / 2);
  }
}

/** A larger batch takes more memory and loses more when a run is killed, so it must be worth it. */
const WORTH = 1.05;
/** The fastest of so many batches counts: what else the machine does only ever makes one slower. */
const TIMED_BATCHES = 2;
/** A size is tried only with so many batches of it to come: two are timed, and the rest should profit from them. */
const WORTHWHILE_BATCHES = 8;
