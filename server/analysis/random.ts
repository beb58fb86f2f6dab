// Random numbers for resampling and for drawing label samples: the same seed gives the same numbers
// everywhere. Nothing about sampling a model uses these.

export interface RandomSource {
  /** Uniform in [0, 1), in steps of 2^-32. */
  uniform(): number;
  /** Uniform whole number in [0, limit), for a limit of at most 2^32. */
  below(limit: number): number;
  /** Fills a list with what so many calls of `below` would give. */
  fillBelow(limit: number, numbers: Uint32Array): void;
}

/** xoshiro128** (Blackman and Vigna 2021), its state filled by SplitMix32. */
export function randomSource(seed: number): RandomSource {
  let mixed = (seed ^ Math.floor(seed / 2 ** 32)) | 0;
  const split = () => {
    mixed = (mixed + 0x9e3779b9) | 0;
    let z = Math.imul(mixed ^ (mixed >>> 16), 0x21f0aaad);
    z = Math.imul(z ^ (z >>> 15), 0x735a2d97);
    return (z ^ (z >>> 15)) | 0;
  };
  const state = Int32Array.of(split(), split(), split(), split());
  const numbers = new Uint32Array(NUMBERS_AT_ONCE);
  let at = numbers.length;
  const more = () => {
    fill(numbers, state, 2 ** 32);
    at = 0;
  };
  const uniform = () => {
    if (at === numbers.length) more();
    return numbers[at++]! / 2 ** 32;
  };
  return {
    uniform,
    below: (limit) => Math.floor(uniform() * limit),
    fillBelow(limit, list) {
      const nLeft = Math.min(list.length, numbers.length - at);
      scale(numbers.subarray(at, at + nLeft), limit, list);
      at += nLeft;
      fill(list.subarray(nLeft), state, limit);
    },
  };
}

const NUMBERS_AT_ONCE = 1024;

/**
 * Makes many at once: their state stays in registers, where one at a time it would be read and written for each. Each is
 * scaled from below 2^32 to below `limit`.
 */
function fill(list: Uint32Array, state: Int32Array, limit: number): void {
  const share = limit / 2 ** 32;
  let [a, b, c, d] = state as unknown as readonly [number, number, number, number];
  for (let i = 0; i < list.length; i++) {
    const times5 = Math.imul(b, 5);
    list[i] = (Math.imul((times5 << 7) | (times5 >>> 25), 9) >>> 0) * share;
    const t = b << 9;
    c ^= a;
    d ^= b;
    b ^= c;
    a ^= d;
    c ^= t;
    d = (d << 11) | (d >>> 21);
  }
  state.set([a, b, c, d]);
}

/** Each below `limit`. A power of two changes no digit, so that it makes no difference which is divided by it. */
function scale(numbers: Uint32Array, limit: number, list: Uint32Array): void {
  const share = limit / 2 ** 32;
  for (let i = 0; i < numbers.length; i++) list[i] = numbers[i]! * share;
}

/** `size` different numbers of [0, total), in ascending order (Floyd's algorithm). */
export function drawWithoutReplacement(total: number, size: number, random: RandomSource): readonly number[] {
  const drawn = new Set<number>();
  for (let last = total - Math.min(size, total); last < total; last++) {
    const candidate = random.below(last + 1);
    drawn.add(drawn.has(candidate) ? last : candidate);
  }
  return [...drawn].sort((x, y) => x - y);
}
