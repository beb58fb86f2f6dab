// The header of a deflate block with Huffman codes of its own (RFC 1951, section 3.2.7), read from any bit.
// Made to say no quickly: it is tried at every bit of a stretch of compressed data.

import { type Codes, codeTable } from './deflate-tables.ts';

/** The tables are good until the next call. */
export interface BlockHeader extends Codes {
  /** The bit after it. */
  readonly end: number;
}

const ORDER = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15] as const;

const literalTable = new Uint16Array(1 << 15);
const distanceTable = new Uint16Array(1 << 15);
const precodeTable = new Uint16Array(1 << 15);

/** 2^-length in units of 2^-7 for each length: over a whole code they add up to 128. */
const shares = Uint8Array.from({ length: 8 }, (_, length) => (length === 0 ? 0 : 128 >> length));

/** Whether a header can begin at a bit: says no to all but one of a few hundred places where none does. */
export function mayBeHeader(bytes: Uint8Array, start: number): boolean {
  const at = start >> 3;
  const shift = start & 7;
  const first = (bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16)) >> shift;
  // BTYPE 10; at most 286 lengths for literals, 30 for distances.
  if ((first & 6) !== 4 || (first & 0xf8) > 29 << 3 || (first & 0x1f00) > 29 << 8) return false;
  let left = 4 + ((first >> 13) & 15);
  let bit = start + 17;
  let sum = 0;
  for (; left > 0; left--, bit += 3) {
    const byte = bit >> 3;
    sum += shares[((bytes[byte]! | (bytes[byte + 1]! << 8)) >> (bit & 7)) & 7]!;
  }
  return sum === 128;
}

/** Undefined when no such header begins at `start`, or when it is not all there. */
export function decodeHeader(bytes: Uint8Array, start: number): BlockHeader | undefined {
  const nBits = bytes.length * 8;
  if (start + 17 + 12 > nBits) return undefined;
  let bit = start + 3;
  const take = (n: number): number => {
    const at = bit >> 3;
    const word = bytes[at]! | ((bytes[at + 1] ?? 0) << 8) | ((bytes[at + 2] ?? 0) << 16);
    const value = (word >> (bit & 7)) & ((1 << n) - 1);
    bit += n;
    return value;
  };
  const nLiterals = take(5) + 257;
  const nDistances = take(5) + 1;
  if (nLiterals > 286 || nDistances > 30) return undefined;
  const nPrecodes = take(4) + 4;
  if (bit + 3 * nPrecodes > nBits) return undefined;
  const precode = new Uint8Array(19);
  let kraft = 0;
  for (let i = 0; i < nPrecodes; i++) {
    const length = take(3);
    precode[ORDER[i]!] = length;
    if (length > 0) kraft += 128 >> length;
  }
  if (kraft !== 128) return undefined;
  const table = codeTable(precode, 'be-complete', precodeTable);
  if (!table) return undefined;
  const lengths = new Uint8Array(nLiterals + nDistances);
  for (let i = 0; i < lengths.length; ) {
    const entry = table[peek15(bytes, bit)]!;
    bit += entry & 15;
    const symbol = entry >> 4;
    if (symbol < 16) {
      lengths[i++] = symbol;
      continue;
    }
    if (symbol === 16 && i === 0) return undefined;
    const value = symbol === 16 ? lengths[i - 1]! : 0;
    const times = symbol === 16 ? 3 + take(2) : symbol === 17 ? 3 + take(3) : 11 + take(7);
    if (i + times > lengths.length) return undefined;
    lengths.fill(value, i, i + times);
    i += times;
  }
  if (bit > nBits || lengths[256] === 0) return undefined;
  const literals = codeTable(lengths.subarray(0, nLiterals), 'be-complete', literalTable);
  const distances = literals && codeTable(lengths.subarray(nLiterals), 'lack-codes', distanceTable);
  return distances && { end: bit, literals, distances };
}

function peek15(bytes: Uint8Array, bit: number): number {
  const at = bit >> 3;
  const word = (bytes[at] ?? 0) | ((bytes[at + 1] ?? 0) << 8) | ((bytes[at + 2] ?? 0) << 16);
  return (word >> (bit & 7)) & 0x7fff;
}
