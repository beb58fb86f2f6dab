// Goes on with a gzip stream from one of its restart points. The decoder cannot be put back into the state
// that it had, but it can be given a stream that leads there: the header of the block it stood in, then
// everything from the next symbol on, and the 32 KiB before as its dictionary.

import { createGunzip, createInflateRaw } from 'node:zlib';
import { type DecoderPlace, findDeflateBlock } from './find-deflate-block.ts';
import { INPUT_CHUNK_BYTES, inflate, OUTPUT_CHUNK_BYTES } from './inflate.ts';
import { CannotInflateHere, inflateHere } from './inflate-here.ts';
import { type RestartPoint, windowOf } from './restart-point.ts';
import type { ShardFile } from './shard-file.ts';

/** Blocks are some 10 to 100 KB long; a longer one makes the point useless, not the shard. */
const LONGEST_BLOCK_BYTES = 1 << 20;

/** The decompressed bytes from `point.byteOffset` on; undefined when it cannot be restarted there. */
export async function restartGzip(
  file: ShardFile,
  point: RestartPoint,
): Promise<AsyncGenerator<Uint8Array> | undefined> {
  const window = windowOf(point);
  if (point.nBits !== undefined && point.diskOffset > 0)
    return inflateBlocks(file, point, point.nBits, window);
  for (let nBytes = LONGEST_BLOCK_BYTES / 16; nBytes <= LONGEST_BLOCK_BYTES; nBytes *= 4) {
    const from = Math.max(0, point.diskOffset - nBytes);
    const before = await file.read(from, point.diskOffset - from);
    const place = findDeflateBlock(before, window);
    if (place) return inflateFrom(file, before, from, place, window);
    if (from === 0) break;
  }
  return undefined;
}

/** Most is passed over, so little is put out at once; each read is a wait. */
const NEAR_READ_BYTES = 256 << 10;
const NEAR_INPUT_BYTES = 16 << 10;
const NEAR_OUTPUT_BYTES = 128 << 10;

/**
 * On this thread, without a buffer for each piece: a piece is overwritten by the next. What only the slow way can do (the
 * end of a member, damage) is left to that.
 */
async function* inflateBlocks(
  file: ShardFile,
  point: RestartPoint,
  nBits: number,
  window: Uint8Array,
): AsyncGenerator<Uint8Array> {
  const from = point.diskOffset - 1;
  const place = { headerStart: 0, headerEnd: 0, next: 8 - nBits, nStored: 0 };
  const before = await file.read(from, 1);
  const engine = createInflateRaw({ dictionary: window, chunkSize: NEAR_OUTPUT_BYTES });
  let nGiven = 0;
  try {
    const into = Buffer.allocUnsafe(NEAR_INPUT_BYTES);
    const source = joinedFrom(file, before, from, place, { nBytes: NEAR_READ_BYTES, into });
    for await (const { pieces } of inflateHere(source, { engine })) {
      for (const piece of pieces) {
        nGiven += piece.length;
        // A view that is no Buffer: what is cut out of it is a copy.
        yield new Uint8Array(piece.buffer, piece.byteOffset, piece.length);
      }
    }
    return;
  } catch (error) {
    if (!(error instanceof CannotInflateHere)) throw error;
  }
  for await (const piece of inflateFrom(file, before, from, place, window)) {
    const nKnown = Math.min(nGiven, piece.length);
    nGiven -= nKnown;
    if (nKnown < piece.length) yield piece.subarray(nKnown);
  }
}

async function* inflateFrom(
  file: ShardFile,
  before: Buffer,
  from: number,
  place: DecoderPlace,
  window: Uint8Array,
): AsyncGenerator<Uint8Array> {
  const source = joinedFrom(file, before, from, place, { nBytes: INPUT_CHUNK_BYTES });
  const engine = createInflateRaw({ dictionary: window, chunkSize: OUTPUT_CHUNK_BYTES });
  for await (const { pieces } of inflate(source, engine)) yield* pieces;
  // The member's end, to within a byte: its last bit lies in the last byte that the decoder took.
  const nHeaderBits = leadingBits(before, place).length;
  const lastBit = from * 8 + place.next - nHeaderBits + engine.bytesWritten * 8;
  yield* nextMembers(file, [(lastBit - 8) >> 3, lastBit >> 3, (lastBit >> 3) + 1]);
}

interface JoinOptions {
  /** Read at once. */
  readonly nBytes: number;
  /** For who needs each piece only until the next: pieces of that length, each in the place of the one before. */
  readonly into?: Buffer;
}

/** The stream that the decoder is given: the header of its block, and everything from the next symbol on. */
async function* joinedFrom(
  file: ShardFile,
  before: Buffer,
  from: number,
  place: DecoderPlace,
  { nBytes, into }: JoinOptions,
): AsyncGenerator<Buffer> {
  const lead = new BitJoiner(leadingBits(before, place));
  yield lead.appendPart(before, place.next);
  yield lead.append(before.subarray((place.next >> 3) + 1));
  const memory = into && Buffer.allocUnsafeSlow(nBytes);
  for (let at = from + before.length; ; at += nBytes) {
    const chunk = await file.read(at, nBytes, memory);
    if (chunk.length === 0) break;
    const pieceBytes = into?.length ?? chunk.length;
    for (let start = 0; start < chunk.length; start += pieceBytes)
      yield lead.append(chunk.subarray(start, start + pieceBytes), into);
  }
  yield lead.end();
}

/** Further gzip members, if one begins where this one ended: after its checksum and length. */
async function* nextMembers(file: ShardFile, ends: readonly number[]): AsyncGenerator<Uint8Array> {
  for (const end of ends) {
    const start = end + 8;
    const head = await file.read(start, 3);
    if (head[0] !== 0x1f || head[1] !== 0x8b || head[2] !== 8) continue;
    const source = async function* () {
      for (let at = start; ; at += INPUT_CHUNK_BYTES) {
        const chunk = await file.read(at, INPUT_CHUNK_BYTES);
        if (chunk.length === 0) return;
        yield chunk;
      }
    };
    const engine = createGunzip({ chunkSize: OUTPUT_CHUNK_BYTES });
    for await (const { pieces } of inflate(source(), engine)) yield* pieces;
    return;
  }
}

/** Joins streams at any bit. Bits count from the lowest of each byte, as in deflate. */
class BitJoiner {
  #held = 0;
  #nHeld = 0;
  readonly #whole: number[] = [];

  constructor(bits: readonly number[]) {
    for (const bit of bits) this.#push(bit);
  }

  /** The rest of the byte that `bit` lies in, after what is held. */
  appendPart(bytes: Uint8Array, bit: number): Buffer {
    const byte = bytes[bit >> 3] ?? 0;
    if (bit >> 3 < bytes.length) for (let i = bit & 7; i < 8; i++) this.#push((byte >> i) & 1);
    return Buffer.from(this.#whole.splice(0));
  }

  append(bytes: Uint8Array, into?: Buffer): Buffer {
    const out = into?.subarray(0, bytes.length) ?? Buffer.allocUnsafe(bytes.length);
    const shift = this.#nHeld;
    let held = this.#held;
    for (let i = 0; i < bytes.length; i++) {
      const word = held | (bytes[i]! << shift);
      out[i] = word;
      held = word >> 8;
    }
    this.#held = held;
    return out;
  }

  end(): Buffer {
    return Buffer.of(this.#held);
  }

  #push(bit: number): void {
    this.#held |= bit << this.#nHeld++;
    if (this.#nHeld < 8) return;
    this.#whole.push(this.#held);
    this.#held = 0;
    this.#nHeld = 0;
  }
}

/** The header that the decoder needs before it can go on. */
function leadingBits(bytes: Uint8Array, { headerStart, headerEnd, nStored }: DecoderPlace): number[] {
  const copy = (start: number, end: number) =>
    Array.from({ length: end - start }, (_, i) => (bytes[(start + i) >> 3]! >> ((start + i) & 7)) & 1);
  if (nStored === 0) return copy(headerStart, headerEnd);
  // A stored block of what is left: BFINAL as it was, BTYPE 00, up to the byte, the length twice.
  const length = Array.from({ length: 16 }, (_, i) => (nStored >> i) & 1);
  return [
    ...copy(headerStart, headerStart + 1),
    0,
    0,
    0,
    0,
    0,
    0,
    0,
    ...length,
    ...length.map((bit) => 1 - bit),
  ];
}
