// Random numbers for tests: the same seed gives the same ones, so that a failure comes again.

/** A whole number from 0 to n − 1. */
export type Random = (n: number) => number;

export function seededRandom(seed: number): Random {
  let state = seed >>> 0;
  return (n) => {
    // xorshift32 over a counter that never stands still.
    state = (state + 0x9e3779b9) >>> 0;
    let x = state;
    x ^= x >>> 16;
    x = Math.imul(x, 0x21f0aaad);
    x ^= x >>> 15;
    x = Math.imul(x, 0x735a2d97);
    x ^= x >>> 15;
    return (x >>> 0) % n;
  };
}
