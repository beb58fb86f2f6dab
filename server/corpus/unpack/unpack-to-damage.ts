// A damaged stream gives every byte that stands before the damage. A decoder that meets damage keeps what it had unpacked
// of the same piece of input, so the piece is given to it again in smaller ones, down to single bytes.

import { type Inflated, trailing, trailingCode } from '../inflate.ts';
import type { Packing } from '../shard-format.ts';
import { damageOf, unpack } from './unpack.ts';

const PIECE_BYTES: readonly number[] = [Number.POSITIVE_INFINITY, 512, 1];

/** `open` begins the input anew; of the output the first `nGiven` bytes are left out. */
export async function* unpackToDamage(
  open: () => AsyncIterable<Buffer>,
  packing: Packing,
  nGiven: number,
): AsyncGenerator<Inflated> {
  let given = nGiven;
  let damagedFrom = 0;
  for (const [i, pieceBytes] of PIECE_BYTES.entries()) {
    // Input used before the last piece, and with it.
    let before = 0;
    let used = 0;
    let left = given;
    try {
      for await (const { diskBytes, pieces } of unpack(cut(open(), damagedFrom, pieceBytes), packing)) {
        before = used;
        used = diskBytes;
        const rest: Buffer[] = [];
        for (const piece of pieces) {
          if (piece.length > left) rest.push(piece.subarray(left));
          left = Math.max(0, left - piece.length);
        }
        for (const piece of rest) given += piece.length;
        if (rest.length > 0) yield { diskBytes, pieces: rest };
      }
      return;
    } catch (error) {
      if (damageOf(error, packing, given) === 'truncated' && given > 0 && (await endsBefore(open, packing)))
        throw trailing();
      const isLast = i + 1 === PIECE_BYTES.length;
      const isAllGiven = (error as NodeJS.ErrnoException).code === trailingCode;
      const isHeldBack = !isAllGiven && (packing === 'gz' || packing === 'zst' || packing === 'xz');
      if (isLast || !isHeldBack || damageOf(error, packing, given) === 'expands') throw error;
      const damage = damageOf(error, packing, given);
      if (damage !== 'corrupt' && damage !== 'trailing') throw error;
      damagedFrom = before;
    }
  }
}

/** A few bytes behind a stream's end are too few to be told from another one that was cut: it is read again without them. */
async function endsBefore(open: () => AsyncIterable<Buffer>, packing: Packing): Promise<boolean> {
  if (packing !== 'gz' && packing !== 'xz') return false;
  let nBytes = 0;
  let tail: Buffer = Buffer.alloc(0);
  for await (const chunk of open()) {
    nBytes += chunk.length;
    tail = Buffer.concat([tail, chunk.subarray(-TAIL_BYTES)]).subarray(-TAIL_BYTES);
  }
  // Two bytes are told by gzip's own beginning; an end of xz has a mark.
  const mark = tail.lastIndexOf('YZ');
  const nBehind = packing === 'gz' ? 1 : mark < 0 ? 0 : tail.length - mark - 2;
  if (nBehind === 0) return false;
  try {
    for await (const _ of unpack(cutAt(open(), nBytes - nBehind), packing));
    return true;
  } catch (error) {
    if (damageOf(error, packing, 1) === undefined) throw error;
    return false;
  }
}

const TAIL_BYTES = 16;

async function* cutAt(source: AsyncIterable<Buffer>, nBytes: number): AsyncGenerator<Buffer> {
  let left = nBytes;
  for await (const chunk of source) {
    if (left > 0) yield chunk.subarray(0, left);
    left -= chunk.length;
  }
}

/** The input, in pieces of `pieceBytes` from `from` on. */
async function* cut(source: AsyncIterable<Buffer>, from: number, pieceBytes: number): AsyncGenerator<Buffer> {
  let start = 0;
  for await (const chunk of source) {
    const end = start + chunk.length;
    if (end <= from || pieceBytes === Number.POSITIVE_INFINITY) yield chunk;
    else {
      const whole = Math.max(0, from - start);
      if (whole > 0) yield chunk.subarray(0, whole);
      for (let at = whole; at < chunk.length; at += pieceBytes) yield chunk.subarray(at, at + pieceBytes);
    }
    start = end;
  }
}
