// Texts that wait for their answers: each is held until then, so that only so much is taken at once.

export class WaitingTexts {
  readonly #mostCharacters: number;
  #nCharacters = 0;

  constructor(mostCharacters: number) {
    this.#mostCharacters = mostCharacters;
  }

  /** Undefined where too much waits already; one alone is always taken. Dispose of it once it is answered. */
  take(nCharacters: number): Disposable | undefined {
    if (this.#nCharacters > 0 && this.#nCharacters + nCharacters > this.#mostCharacters) return undefined;
    this.#nCharacters += nCharacters;
    return {
      [Symbol.dispose]: () => {
        this.#nCharacters -= nCharacters;
      },
    };
  }
}
