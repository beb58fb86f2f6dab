// Goes on with a gzip stream from one of its restart points. The decoder cannot be put back into the state
// that it had, but it can be given a stream that leads there: the header of the block it stood in, then
// everything from the next symbol on, and the 32 KiB before as its dictionary.

import type { FileHandle } from 'node:fs/promises';
import { createGunzip, createInflateRaw } from 'node:zlib';
import { type BlockPosition, findDeflateBlock } from './find-deflate-block.ts';
import { INPUT_CHUNK_BYTES, inflate, OUTPUT_CHUNK_BYTES } from './inflate.ts';
import { readAt } from './open-shard.ts';
import { type RestartPoint, windowOf } from './restart-point.ts';

/** Blocks are some 10 to 100 KB long; a longer one makes the point useless, not the shard. */
const LONGEST_BLOCK_BYTES = 1 << 20;

/** The decompressed bytes from `point.byteOffset` on; undefined when it cannot be restarted there. */
export async function restartGzip(
  file: FileHandle,
  path: string,
  point: RestartPoint,
): Promise<AsyncGenerator<Uint8Array> | undefined> {
  const window = windowOf(point);
  for (let nBytes = LONGEST_BLOCK_BYTES / 16; nBytes <= LONGEST_BLOCK_BYTES; nBytes *= 4) {
    const from = Math.max(0, point.diskOffset - nBytes);
    const before = await readAt(file, from, point.diskOffset - from, path);
    const block = findDeflateBlock(before, window);
    if (block) return inflateFrom(file, path, before, from, block, window);
    if (from === 0) break;
  }
  return undefined;
}

async function* inflateFrom(
  file: FileHandle,
  path: string,
  before: Buffer,
  from: number,
  block: BlockPosition,
  window: Uint8Array,
): AsyncGenerator<Uint8Array> {
  const lead = new BitJoiner(bitsOf(before, block.headerStart, block.headerEnd));
  const symbolByte = block.nextSymbol >> 3;
  const source = async function* () {
    yield lead.appendPart(before, block.nextSymbol);
    yield lead.append(before.subarray(symbolByte + 1));
    for (let at = from + before.length; ; at += INPUT_CHUNK_BYTES) {
      const chunk = await readAt(file, at, INPUT_CHUNK_BYTES, path);
      if (chunk.length === 0) break;
      yield lead.append(chunk);
    }
    yield lead.end();
  };
  const engine = createInflateRaw({ dictionary: window, chunkSize: OUTPUT_CHUNK_BYTES });
  for await (const { pieces } of inflate(source(), engine)) yield* pieces;
  const nHeaderBits = block.headerEnd - block.headerStart;
  // The member's end, to within a byte: its last bit lies in the last byte that the decoder took.
  const lastBit = from * 8 + block.nextSymbol - nHeaderBits + engine.bytesWritten * 8;
  yield* nextMembers(file, path, [(lastBit - 8) >> 3, lastBit >> 3, (lastBit >> 3) + 1]);
}

/** Further gzip members, if one begins where this one ended: after its checksum and length. */
async function* nextMembers(
  file: FileHandle,
  path: string,
  ends: readonly number[],
): AsyncGenerator<Uint8Array> {
  for (const end of ends) {
    const start = end + 8;
    const head = await readAt(file, start, 3, path);
    if (head[0] !== 0x1f || head[1] !== 0x8b || head[2] !== 8) continue;
    const source = async function* () {
      for (let at = start; ; at += INPUT_CHUNK_BYTES) {
        const chunk = await readAt(file, at, INPUT_CHUNK_BYTES, path);
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

  append(bytes: Uint8Array): Buffer {
    const out = Buffer.allocUnsafe(bytes.length);
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

function bitsOf(bytes: Uint8Array, start: number, end: number): number[] {
  return Array.from({ length: end - start }, (_, i) => {
    const bit = start + i;
    return (bytes[bit >> 3]! >> (bit & 7)) & 1;
  });
}
