// Results of several workers, handed to one reader: each worker waits until its result was dealt with, so that no
// more of them are held than there are workers.

interface Offer<T> {
  readonly value: T;
  readonly taken: () => void;
}

export class HandOver<T> {
  readonly #offers: Offer<T>[] = [];
  #wake: () => void = () => {};
  #isEnded = false;
  #isLeft = false;

  /** Resolves when the reader comes back for the next one, or has gone away. */
  give(value: T): Promise<void> {
    if (this.#isLeft) return Promise.resolve();
    return new Promise((taken) => {
      this.#offers.push({ value, taken });
      this.#wake();
    });
  }

  /** Nothing comes any more. */
  end(): void {
    this.#isEnded = true;
    this.#wake();
  }

  /** For one reader. */
  async *read(): AsyncGenerator<T> {
    try {
      while (this.#offers.length > 0 || !this.#isEnded) {
        const [offer] = this.#offers;
        if (offer === undefined) {
          await new Promise<void>((wake) => {
            this.#wake = wake;
          });
        } else {
          yield offer.value;
          this.#offers.shift();
          offer.taken();
        }
      }
    } finally {
      this.#isLeft = true;
      for (const { taken } of this.#offers) taken();
    }
  }
}
