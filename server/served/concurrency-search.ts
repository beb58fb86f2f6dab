// Finds how many requests at once a server is fastest with, on the way: doubles them while that brings more tokens a second, and halves them
// when the server says that it is too much. No sample depends on it. Pure: it is told the time.

export class ConcurrencySearch {
  #limit: number;
  #isSettled: boolean;
  #best = { limit: 1, rate: 0 };
  #nDone = 0;
  #nTokens = 0;
  #startedAt: number | null = null;

  /** A number is kept; `auto` is measured. */
  constructor(asked: number | 'auto') {
    this.#limit = asked === 'auto' ? FIRST : asked;
    this.#isSettled = asked !== 'auto';
  }

  get limit(): number {
    return this.#limit;
  }

  /** A sample of so many tokens is there. */
  done(nTokens: number, nowMs: number): void {
    if (this.#isSettled) return;
    if (this.#startedAt === null) {
      // What was asked before the limit changed fills the server first.
      if (++this.#nDone < this.#limit) return;
      this.#restart(nowMs);
      return;
    }
    this.#nDone++;
    this.#nTokens += nTokens;
    const elapsedMs = nowMs - this.#startedAt;
    if (this.#nDone < 2 * this.#limit || elapsedMs < LEAST_MS) return;
    this.#judge(this.#nTokens / elapsedMs);
  }

  /** The server says that it is too much. */
  busy(): void {
    this.#limit = Math.max(1, Math.floor(this.#limit / 2));
    this.#isSettled = true;
  }

  #judge(rate: number): void {
    if (rate < WORTH * this.#best.rate) {
      this.#limit = this.#best.limit;
      this.#isSettled = true;
      return;
    }
    this.#best = { limit: this.#limit, rate };
    if (this.#limit >= MOST) {
      this.#isSettled = true;
      return;
    }
    this.#limit = Math.min(MOST, 2 * this.#limit);
    this.#nDone = 0;
    this.#startedAt = null;
  }

  #restart(nowMs: number): void {
    this.#nDone = 0;
    this.#nTokens = 0;
    this.#startedAt = nowMs;
  }
}

const FIRST = 4;
const MOST = 512;
/** More requests at once must bring more: they cost the server memory, and a kill more work. */
const WORTH = 1.1;
/** Shorter times say nothing. */
const LEAST_MS = 200;
