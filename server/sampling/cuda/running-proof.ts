// A proof that goes on beside other work. Once it has failed it stays failed, whoever asks.

import type { Proof } from './check-operation.ts';
import { WrongDevice } from './wrong-device.ts';

/** Whether a card is proved before it samples, or while it makes its first batch, which it then keeps until it is proved. */
export type ProofTime = 'first' | 'beside';

export class RunningProof {
  readonly #steps: Iterator<void, Proof>;
  #found: Proof | null = null;

  /** What the card itself has to do is done in the first step. */
  constructor(steps: Iterator<void, Proof>) {
    this.#steps = steps;
    this.advance();
  }

  /** One step more, if there is one left. Throws a WrongDevice as soon as something is known to be wrong, and ever after. */
  advance(): void {
    if (this.#found === null) {
      const { done, value } = this.#steps.next();
      if (done) this.#found = value;
    }
    const wrong = this.#found?.wrong ?? null;
    if (wrong !== null)
      throw new WrongDevice(`The card computes something else than the model's files say: ${wrong}`);
  }

  /** The rest of it; gives the largest difference that was seen. */
  finish(): number {
    while (this.#found === null) this.advance();
    this.advance();
    return this.#found.worst;
  }
}
