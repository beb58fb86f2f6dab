// The constants of deflate's symbols (RFC 1951, section 3.2.5) and Huffman codes as look-up tables (3.2.2).

/** Lengths of the symbols from 257 on, before their extra bits. */
export const LENGTH_BASE: readonly number[] = [
  3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 23, 27, 31, 35, 43, 51, 59, 67, 83, 99, 115, 131, 163, 195,
  227, 258,
];

export const extraBitsOfLength = (symbol: number): number =>
  symbol < 265 || symbol === 285 ? 0 : (symbol - 261) >> 2;

/** Distance of a symbol before its extra bits. */
export const distanceBase = (symbol: number): number =>
  symbol < 4 ? symbol + 1 : ((2 + (symbol & 1)) << extraBitsOfDistance(symbol)) + 1;

export const extraBitsOfDistance = (symbol: number): number => (symbol < 4 ? 0 : (symbol - 2) >> 1);

export interface Codes {
  readonly literals: Uint16Array;
  readonly distances: Uint16Array;
}

let fixed: Codes | undefined;

/** The codes of blocks that bring none (section 3.2.6). Made once: they are asked for at every place where a block may begin. */
export function fixedCodes(): Codes {
  fixed ??= makeFixedCodes();
  return fixed;
}

function makeFixedCodes(): Codes {
  const lengths = Uint8Array.from({ length: 288 }, (_, i) => (i < 144 ? 8 : i < 256 ? 9 : i < 280 ? 7 : 8));
  return {
    literals: codeTable(lengths, 'be-complete', new Uint16Array(1 << 15))!,
    distances: codeTable(new Uint8Array(32).fill(5), 'be-complete', new Uint16Array(1 << 15))!,
  };
}

/**
 * A table over the next 15 bits: symbol × 16 + the length of its code; 0 where no code begins. Undefined
 * when the lengths make no complete code, which only a distance code with at most one symbol may be.
 */
export function codeTable(
  lengths: Uint8Array,
  may: 'be-complete' | 'lack-codes',
  table: Uint16Array,
): Uint16Array | undefined {
  const counts = new Uint16Array(16);
  for (const length of lengths) counts[length]!++;
  const nCodes = lengths.length - counts[0]!;
  let left = 1;
  for (let n = 1; n <= 15; n++) {
    left = left * 2 - counts[n]!;
    if (left < 0) return undefined;
  }
  if (left > 0 && (may === 'be-complete' || nCodes > 1)) return undefined;
  const next = new Uint16Array(17);
  for (let n = 1; n <= 15; n++) next[n + 1] = (next[n]! + counts[n]!) << 1;
  table.fill(0);
  for (let symbol = 0; symbol < lengths.length; symbol++) {
    const length = lengths[symbol]!;
    if (length === 0) continue;
    const code = reverse(next[length]!++, length);
    const entry = (symbol << 4) | length;
    for (let i = code; i < 1 << 15; i += 1 << length) table[i] = entry;
  }
  return table;
}

/** Codes stand in the stream with their first bit first, everything else the other way round. */
function reverse(code: number, nBits: number): number {
  let out = 0;
  for (let i = 0, rest = code; i < nBits; i++, rest >>= 1) out = (out << 1) | (rest & 1);
  return out;
}
