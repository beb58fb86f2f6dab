// Random numbers for resampling and for drawing label samples: the same seed gives the same numbers
// everywhere. Nothing about sampling a model uses these.

export interface RandomSource {
  /** Uniform in [0, 1), in steps of 2^-32. */
  uniform(): number;
  /** Uniform whole number in [0, limit), for a limit of at most 2^32. */
  below(limit: number): number;
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
  let [a, b, c, d] = [split(), split(), split(), split()];
  const next = () => {
    const times5 = Math.imul(b, 5);
    const result = Math.imul((times5 << 7) | (times5 >>> 25), 9) >>> 0;
    const t = b << 9;
    c ^= a;
    d ^= b;
    b ^= c;
    a ^= d;
    c ^= t;
    d = (d << 11) | (d >>> 21);
    return result;
  };
  return { uniform: () => next() / 2 ** 32, below: (limit) => Math.floor((next() / 2 ** 32) * limit) };
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
