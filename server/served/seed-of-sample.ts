// The seed that a server is given for a sample: its own for every sample of a study, and the same whenever that sample is asked for.

const BITS = 31;
const MASK = 2 ** BITS - 1;

/**
 * A number of 31 bits, which every server takes. For one study each step is one-to-one, so no two samples below 2^31 share a seed.
 * The multipliers are those of Murmur's finaliser.
 */
export function seedOfSample(studySeed: number, sampleId: number): number {
  const high = Math.floor(studySeed / 2 ** BITS) & MASK;
  return mix(mix(mix(high) ^ (studySeed % 2 ** BITS)) ^ sampleId);
}

function mix(value: number): number {
  let x = value & MASK;
  x = Math.imul(x ^ (x >>> 15), 0x85ebca6b) & MASK;
  x = Math.imul(x ^ (x >>> 13), 0xc2b2ae35) & MASK;
  return x ^ (x >>> 16);
}
