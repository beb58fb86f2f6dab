// Finds where in a deflate stream (RFC 1951) the block began that a decoder stood in. Given are the
// compressed bytes up to where it stood and the last 32 KiB that it had put out. Every bit position is
// tried, nearest first, as the start of a block with Huffman codes of its own; one that decodes to exactly
// the known output is the one. Pure; knows no files.

import { decodeHeader } from './deflate-header.ts';
import { extraBitsOfDistance, extraBitsOfLength, LENGTH_BASE } from './deflate-tables.ts';

export interface BlockPosition {
  /** Bits of the block's header within the bytes given; none when the decoder stood between two blocks. */
  readonly headerStart: number;
  readonly headerEnd: number;
  /** Where the next symbol begins that had not been put out. */
  readonly nextSymbol: number;
}

/** Fewer equal literals than this prove nothing. */
const LEAST_LITERALS = 32;

export function findDeflateBlock(bytes: Uint8Array, window: Uint8Array): BlockPosition | undefined {
  const nBits = bytes.length * 8;
  for (let start = nBits - 1; start >= 0; start--) {
    // BTYPE 10, two bits after BFINAL: three of four positions end here.
    const at = start >> 3;
    const word = bytes[at]! | ((bytes[at + 1] ?? 0) << 8);
    if (((word >> ((start & 7) + 1)) & 3) !== 2) continue;
    const header = decodeHeader(bytes, start);
    if (!header) continue;
    const nextSymbol = follow(bytes, header, window);
    if (nextSymbol === undefined) continue;
    return nextSymbol.endOfBlock
      ? { headerStart: 0, headerEnd: 0, nextSymbol: nextSymbol.bit }
      : { headerStart: start, headerEnd: header.end, nextSymbol: nextSymbol.bit };
  }
  return undefined;
}

type Header = NonNullable<ReturnType<typeof decodeHeader>>;

/** Decodes symbols to the end of the bytes, or of the block. Undefined when they are not what was put out. */
function follow(
  bytes: Uint8Array,
  { end, literals, distances }: Header,
  window: Uint8Array,
): { bit: number; endOfBlock: boolean } | undefined {
  const nBits = bytes.length * 8;
  const literalAt: number[] = [];
  const literalByte: number[] = [];
  let nOut = 0;
  let bit = end;
  let endOfBlock = false;
  for (;;) {
    const entry = literals[peek(bytes, bit, 15)]!;
    const symbol = entry >> 4;
    let next = bit + (entry & 15);
    if (entry === 0) {
      // No code begins so: damaged, unless the rest of the symbol is not there yet.
      if (bit + 15 <= nBits) return undefined;
      break;
    }
    if (next > nBits) break;
    if (symbol === 256) {
      bit = next;
      endOfBlock = true;
      break;
    }
    if (symbol < 256) {
      literalAt.push(nOut++);
      literalByte.push(symbol);
      bit = next;
      continue;
    }
    if (symbol > 285) return undefined;
    const nExtra = extraBitsOfLength(symbol);
    const length = LENGTH_BASE[symbol - 257]! + peek(bytes, next, nExtra);
    next += nExtra;
    const distance = distances[peek(bytes, next, 15)]!;
    if (distance === 0) {
      if (next + 15 <= nBits) return undefined;
      break;
    }
    if (distance >> 4 > 29) return undefined;
    next += (distance & 15) + extraBitsOfDistance(distance >> 4);
    if (next > nBits) break;
    nOut += length;
    bit = next;
  }
  return agrees(literalAt, literalByte, nOut, window) ? { bit, endOfBlock } : undefined;
}

function agrees(
  literalAt: readonly number[],
  literalByte: readonly number[],
  nOut: number,
  window: Uint8Array,
): boolean {
  let nSame = 0;
  for (let i = literalAt.length - 1; i >= 0; i--) {
    const at = window.length - (nOut - literalAt[i]!);
    if (at < 0) break;
    if (window[at] !== literalByte[i]) return false;
    nSame++;
  }
  return nSame >= LEAST_LITERALS;
}

/** `n` ≤ 15 bits, the first one lowest; zeros beyond the end. */
function peek(bytes: Uint8Array, bit: number, n: number): number {
  const at = bit >> 3;
  const word = (bytes[at] ?? 0) | ((bytes[at + 1] ?? 0) << 8) | ((bytes[at + 2] ?? 0) << 16);
  return (word >> (bit & 7)) & ((1 << n) - 1);
}
