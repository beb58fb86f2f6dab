// Finds where in a deflate stream (RFC 1951) the block began that a decoder stood in. Given are the
// compressed bytes up to where it stood and the last 32 KiB that it had put out. Every bit position is
// tried, nearest first, as the start of a block with Huffman codes of its own; one from which everything
// decodes to exactly the known output is right. Pure; knows no files.

import { type BlockHeader, decodeHeader, mayBeHeader } from './deflate-header.ts';
import {
  distanceBase,
  extraBitsOfDistance,
  extraBitsOfLength,
  fixedCodes,
  LENGTH_BASE,
} from './deflate-tables.ts';

/** A decoder's place, in bits from the start of the bytes given. */
export interface DecoderPlace {
  /** The header of its block; empty when it stood between two blocks. */
  readonly headerStart: number;
  readonly headerEnd: number;
  /** Start of the next symbol that had not been put out; in a stored block, of the next byte. */
  readonly next: number;
  /** Bytes still to come in a stored block. */
  readonly nStored: number;
}

export function findDeflateBlock(bytes: Uint8Array, window: Uint8Array): DecoderPlace | undefined {
  for (let start = bytes.length * 8 - 1; start >= 0; start--) {
    if (!mayBeHeader(bytes, start)) continue;
    const place = follow(bytes, start, (out) => agrees(out, window));
    if (place) return place;
  }
  return undefined;
}

/**
 * Whether a block begins at a bit of the bytes. `around` gives what was put out by then, and so many bytes of what came next;
 * undefined where these are not there.
 */
export function isBlockStart(
  bytes: Uint8Array,
  bit: number,
  around: (nAfter: number) => Uint8Array | undefined,
): boolean {
  const isRight = (out: Output) => {
    const known = around(out.nBytes);
    return known !== undefined && agrees(out, known);
  };
  return follow(bytes, bit, isRight) !== undefined;
}

/** Fewer equal bytes than this prove nothing. */
const LEAST_PROOF_BYTES = 64;
/** A header with codes is never longer: 14 + 19 × 3 + 316 × 14 bits. */
const MAX_HEADER_BITS = 4500;
const END_OF_BLOCK = 256;

/** What the symbols said, at positions in the output since the start. */
interface Output {
  readonly at: number[];
  /** How far back the bytes are copied from; 0 for a literal. */
  readonly distance: number[];
  /** Length of a copy, or the byte of a literal. */
  readonly value: number[];
  nBytes: number;
}

/** Decodes blocks to the end of the bytes. Undefined when they are not what was put out. */
function follow(
  bytes: Uint8Array,
  start: number,
  isRight: (out: Output) => boolean,
): DecoderPlace | undefined {
  const nBits = bytes.length * 8;
  const out: Output = { at: [], distance: [], value: [], nBytes: 0 };
  const answer = (place: DecoderPlace) => (isRight(out) ? place : undefined);
  for (let bit = start; ; ) {
    const between = { headerStart: 0, headerEnd: 0, next: bit, nStored: 0 };
    if (bit + 3 > nBits) return answer(between);
    const isFinal = peek(bytes, bit, 1) === 1;
    const type = peek(bytes, bit + 1, 2);
    if (type === 3) return undefined;
    if (type === 0) {
      const stored = copyStored(bytes, bit, out);
      if (stored === 'incomplete') return answer(between);
      if (stored === 'invalid') return undefined;
      if (stored.nLeft > 0) {
        return answer({ headerStart: bit, headerEnd: bit, next: stored.end, nStored: stored.nLeft });
      }
      bit = stored.end;
    } else {
      const header = type === 1 ? { ...fixedCodes(), end: bit + 3 } : decodeHeader(bytes, bit);
      if (!header) return nBits - bit < MAX_HEADER_BITS ? answer(between) : undefined;
      const symbols = decodeSymbols(bytes, header, out);
      if (symbols === 'invalid') return undefined;
      if (!symbols.endOfBlock) {
        return answer({ headerStart: bit, headerEnd: header.end, next: symbols.bit, nStored: 0 });
      }
      bit = symbols.bit;
    }
    // What comes after the last block is no block.
    if (isFinal) return undefined;
  }
}

function decodeSymbols(
  bytes: Uint8Array,
  { end, literals, distances }: BlockHeader,
  out: Output,
): { bit: number; endOfBlock: boolean } | 'invalid' {
  const nBits = bytes.length * 8;
  for (let bit = end; ; ) {
    const entry = literals[peek(bytes, bit, 15)]!;
    const symbol = entry >> 4;
    let next = bit + (entry & 15);
    if (entry === 0 || symbol > 285) return 'invalid';
    if (next > nBits) return { bit, endOfBlock: false };
    if (symbol === END_OF_BLOCK) return { bit: next, endOfBlock: true };
    if (symbol < END_OF_BLOCK) {
      add(out, 0, symbol, 1);
      bit = next;
      continue;
    }
    const nExtra = extraBitsOfLength(symbol);
    const length = LENGTH_BASE[symbol - 257]! + peek(bytes, next, nExtra);
    next += nExtra;
    const distance = distances[peek(bytes, next, 15)]!;
    // A code with a single symbol has room for what is none.
    if (distance === 0 || distance >> 4 > 29)
      return next + 15 > nBits ? { bit, endOfBlock: false } : 'invalid';
    next += distance & 15;
    const nFar = extraBitsOfDistance(distance >> 4);
    const far = distanceBase(distance >> 4) + peek(bytes, next, nFar);
    next += nFar;
    if (next > nBits) return { bit, endOfBlock: false };
    add(out, far, length, length);
    bit = next;
  }
}

/** Bytes as they are, after the lengths on the next byte boundary. */
function copyStored(
  bytes: Uint8Array,
  start: number,
  out: Output,
): { end: number; nLeft: number } | 'incomplete' | 'invalid' {
  const at = (start + 3 + 7) >> 3;
  if (at + 4 > bytes.length) return 'incomplete';
  const length = bytes[at]! | (bytes[at + 1]! << 8);
  if ((length ^ (bytes[at + 2]! | (bytes[at + 3]! << 8))) !== 0xffff) return 'invalid';
  const end = Math.min(at + 4 + length, bytes.length);
  for (let i = at + 4; i < end; i++) add(out, 0, bytes[i]!, 1);
  return { end: end * 8, nLeft: length - (end - at - 4) };
}

function add(out: Output, distance: number, value: number, nBytes: number): void {
  out.at.push(out.nBytes);
  out.distance.push(distance);
  out.value.push(value);
  out.nBytes += nBytes;
}

/** Whether the symbols give the window, as far as it reaches: literals are there, copies equal their source. */
function agrees({ at, distance, value, nBytes }: Output, window: Uint8Array): boolean {
  let nSame = 0;
  for (let i = at.length - 1; i >= 0; i--) {
    const place = window.length - (nBytes - at[i]!);
    const from = place - distance[i]!;
    if (place < 0) break;
    if (from < 0) continue;
    const length = from === place ? 1 : value[i]!;
    if (from === place && window[place] !== value[i]) return false;
    for (let k = 0; k < length && from < place; k++) if (window[from + k] !== window[place + k]) return false;
    nSame += length;
  }
  return nSame >= LEAST_PROOF_BYTES;
}

/** `n` ≤ 15 bits, the first one lowest; zeros beyond the end. */
function peek(bytes: Uint8Array, bit: number, n: number): number {
  const at = bit >> 3;
  const word = (bytes[at] ?? 0) | ((bytes[at + 1] ?? 0) << 8) | ((bytes[at + 2] ?? 0) << 16);
  return (word >> (bit & 7)) & ((1 << n) - 1);
}
