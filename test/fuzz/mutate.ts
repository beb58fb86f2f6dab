// Damage as it happens, and as somebody would do it: bits flipped, files cut, pieces of one inside another, numbers grown,
// parts repeated, and in JSON one value in place of another.

import type { Random } from './random.ts';

export interface Mutant {
  readonly bytes: Uint8Array;
  /** True where nothing was done to a seed but to cut it short. */
  readonly isCut: boolean;
}

/** Made of the seeds by a few random steps. */
export function mutate(seeds: readonly Uint8Array[], random: Random): Mutant {
  // A copy: a Buffer's own `slice` is none.
  const seed = new Uint8Array(random.pick(seeds));
  if (seed.length > 0 && random.below(10) === 0) {
    return { bytes: seed.subarray(0, random.below(seed.length)), isCut: true };
  }
  let bytes: Uint8Array = seed;
  for (let n = 1 + random.below(4); n > 0; n--) bytes = random.pick(steps)(bytes, random, seeds);
  return { bytes: bytes.subarray(0, MOST_BYTES), isCut: false };
}

const MOST_BYTES = 4 << 20;

type Step = (bytes: Uint8Array, random: Random, seeds: readonly Uint8Array[]) => Uint8Array;

const steps: readonly Step[] = [
  flipBit,
  setByte,
  setNumber,
  removePiece,
  repeatPiece,
  splice,
  growDigits,
  replaceValue,
  replaceValue,
];

function flipBit(bytes: Uint8Array, random: Random): Uint8Array {
  if (bytes.length > 0) bytes[random.below(bytes.length)]! ^= 1 << random.below(8);
  return bytes;
}

function setByte(bytes: Uint8Array, random: Random): Uint8Array {
  if (bytes.length > 0)
    bytes[random.below(bytes.length)] = random.pick([0, 1, 0x7f, 0x80, 0xff, 0x0a, 0x22, 0x7b]);
  return bytes;
}

/** A size or an offset: small, as large as can be, or about as long as the input. */
function setNumber(bytes: Uint8Array, random: Random): Uint8Array {
  const nBytes = random.pick([2, 4, 8]);
  if (bytes.length < nBytes) return bytes;
  const near = BigInt(bytes.length + random.below(5) - 2);
  const value = random.pick([
    0n,
    1n,
    0x7fffn,
    0x7fffffffn,
    0xffffffffn,
    2n ** 53n,
    2n ** 63n - 1n,
    -1n,
    near,
  ]);
  const at = random.below(bytes.length - nBytes + 1);
  const isLittle = random.below(4) > 0;
  for (let i = 0; i < nBytes; i++) {
    bytes[at + (isLittle ? i : nBytes - 1 - i)] = Number((value >> BigInt(8 * i)) & 0xffn);
  }
  return bytes;
}

function pieceOf(bytes: Uint8Array, random: Random): readonly [start: number, end: number] {
  const start = random.below(bytes.length + 1);
  const longest = random.pick([4, 64, 4096]);
  return [start, Math.min(bytes.length, start + 1 + random.below(longest))];
}

function removePiece(bytes: Uint8Array, random: Random): Uint8Array {
  const [start, end] = pieceOf(bytes, random);
  return Buffer.concat([bytes.subarray(0, start), bytes.subarray(end)]);
}

function repeatPiece(bytes: Uint8Array, random: Random): Uint8Array {
  const [start, end] = pieceOf(bytes, random);
  const times = random.pick([1, 2, 10, 1000]);
  const piece = bytes.subarray(start, end);
  const nTimes = Math.min(times, Math.floor((1 << 20) / Math.max(1, piece.length)));
  return Buffer.concat([
    bytes.subarray(0, end),
    ...Array.from({ length: nTimes }, () => piece),
    bytes.subarray(end),
  ]);
}

function splice(bytes: Uint8Array, random: Random, seeds: readonly Uint8Array[]): Uint8Array {
  const other = random.pick(seeds);
  const [start, end] = pieceOf(other, random);
  const at = random.below(bytes.length + 1);
  const skip = random.pick([0, end - start]);
  return Buffer.concat([bytes.subarray(0, at), other.subarray(start, end), bytes.subarray(at + skip)]);
}

const NUMBERS = [
  '0',
  '-1',
  '1e308',
  '1e-308',
  '4294967296',
  '9007199254740993',
  '100000000',
  '0.5',
  '99999999999999999999',
];

function growDigits(bytes: Uint8Array, random: Random): Uint8Array {
  return replaceMatch(bytes, random, /\d+/g, () => random.pick(NUMBERS));
}

const VALUES = [
  ...NUMBERS,
  ...[
    'null',
    'true',
    '[]',
    '{}',
    '""',
    '"constructor"',
    '"__proto__"',
    '[[[[]]]]',
    '{"length":1e9}',
    '"\\u0000"',
  ],
  ...[
    '"\\ud800"',
    '"(a+)+$"',
    '"../../x"',
    '[null]',
    '"float32"',
    `"${'x'.repeat(300)}"`,
    `${'['.repeat(3000)}`,
  ],
];

/** Strings (keys, too), numbers and words of JSON. */
function replaceValue(bytes: Uint8Array, random: Random): Uint8Array {
  return replaceMatch(
    bytes,
    random,
    /"(?:[^"\\]|\\.){0,200}"|-?\d[\d.eE+-]*|true|false|null|\[\]|\{\}/g,
    () => random.pick(VALUES),
  );
}

function replaceMatch(bytes: Uint8Array, random: Random, pattern: RegExp, value: () => string): Uint8Array {
  // One character a byte: nothing is changed on the way.
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1');
  pattern.lastIndex = random.below(text.length + 1);
  const found = pattern.exec(text);
  if (!found) return bytes;
  const end = found.index + found[0].length;
  return Buffer.from(text.slice(0, found.index) + value() + text.slice(end), 'latin1');
}
