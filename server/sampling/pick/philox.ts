// The noise of sampling: a counter-based generator, so that a random number belongs to (seed, sample, step)
// and to nothing else. Batch size, workers and resume points cannot change it. Knows nothing of models.
//
// Philox 4x32-10: J. K. Salmon, M. A. Moraes, R. O. Dror, D. E. Shaw, "Parallel Random Numbers: As Easy as
// 1, 2, 3", SC '11, section 4.3 and table 2.

/** One number in [0, 1) with 53 random bits for this token of this sample. */
export function uniformAt(seed: number, sampleId: number, step: number): number {
  const [high, low] = philox([sampleId >>> 0, upperWord(sampleId), step, 0], [seed >>> 0, upperWord(seed)]);
  return ((high >>> 5) * 2 ** 26 + (low >>> 6)) / 2 ** 53;
}

type Words2 = readonly [number, number];
type Words4 = readonly [number, number, number, number];

const MULTIPLIER_0 = 0xd2511f53;
const MULTIPLIER_1 = 0xcd9e8d57;
const WEYL_0 = 0x9e3779b9;
const WEYL_1 = 0xbb67ae85;
const N_ROUNDS = 10;

/** The bijection itself on unsigned 32-bit words. */
export function philox(counter: Words4, key: Words2): Words4 {
  let [a, b, c, d] = counter;
  let [key0, key1] = key;
  for (let round = 0; round < N_ROUNDS; round++) {
    const high0 = multiplyHigh(MULTIPLIER_0, a);
    const low0 = Math.imul(MULTIPLIER_0, a) >>> 0;
    const high1 = multiplyHigh(MULTIPLIER_1, c);
    const low1 = Math.imul(MULTIPLIER_1, c) >>> 0;
    a = (high1 ^ b ^ key0) >>> 0;
    b = low1;
    c = (high0 ^ d ^ key1) >>> 0;
    d = low0;
    key0 = (key0 + WEYL_0) >>> 0;
    key1 = (key1 + WEYL_1) >>> 0;
  }
  return [a, b, c, d];
}

/** The upper 32 bits of a 64-bit product, by 16-bit halves: doubles hold only 53 bits. */
function multiplyHigh(x: number, y: number): number {
  const xLow = x & 0xffff;
  const xHigh = x >>> 16;
  const yLow = y & 0xffff;
  const yHigh = y >>> 16;
  const middle = xHigh * yLow + ((xLow * yLow) >>> 16);
  const carry = xLow * yHigh + (middle & 0xffff);
  return (xHigh * yHigh + Math.floor(middle / 0x10000) + Math.floor(carry / 0x10000)) >>> 0;
}

/** Bits 32 and up of a safe integer, so that negative seeds have noise of their own, too. */
function upperWord(value: number): number {
  return Math.floor(value / 2 ** 32) >>> 0;
}
