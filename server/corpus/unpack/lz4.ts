// LZ4 frames, block by block, each of which may repeat the 64 KiB before it. No library that is kept unpacks frames of
// such blocks as they come: those for Node take whole files, or are binaries. The format: lz4_Frame_format.md and
// lz4_Block_format.md of the reference implementation, versions 1.6.

import type { Inflated } from '../inflate.ts';

const MAGIC = 0x184d2204;
const WINDOW_BYTES = 64 << 10;

/** What a frame contradicts. */
class Lz4Damage extends Error {
  readonly code: 'LZ4_CORRUPT' | 'LZ4_TRUNCATED' | 'LZ4_TRAILING';

  constructor(code: Lz4Damage['code'], message: string) {
    super(message);
    this.code = code;
  }
}

const corrupt = (message: string) => new Lz4Damage('LZ4_CORRUPT', message);

export async function* unpackLz4(source: AsyncIterable<Buffer>): AsyncGenerator<Inflated> {
  const input = new Input(source);
  for (let nFrames = 0; ; nFrames++) {
    const magic = await input.takeUpTo(4);
    if (magic.length === 0) return;
    const word = magic.length === 4 ? magic.readUInt32LE() : 0;
    // A frame of the user's own, to be passed over.
    if ((word & 0xfffffff0) >>> 0 === 0x184d2a50) await input.skip((await input.take(4)).readUInt32LE());
    else if (word === MAGIC) yield* unpackFrame(input);
    else if (nFrames > 0) throw new Lz4Damage('LZ4_TRAILING', 'no other frame begins there');
    else throw corrupt('no LZ4 frame begins there');
  }
}

async function* unpackFrame(input: Input): AsyncGenerator<Inflated> {
  const header = frameHeader(await input.take(2));
  await input.skip(header.nMore);
  // The window, and room for a block behind it.
  const out = Buffer.alloc(WINDOW_BYTES + header.blockBytes);
  let start = 0;
  for (;;) {
    const size = (await input.take(4)).readUInt32LE();
    if (size === 0) break;
    const nBytes = size & 0x7fffffff;
    if (nBytes > header.blockBytes) throw corrupt(`a block has ${nBytes} bytes`);
    const block = await input.take(nBytes);
    const end = size >>> 31 ? start + block.copy(out, start) : unpackBlock(block, out, start);
    if (header.hasBlockSums) await input.skip(4);
    yield { diskBytes: input.nTaken, pieces: [Buffer.from(out.subarray(start, end))] };
    start = Math.min(end, WINDOW_BYTES);
    out.copyWithin(0, end - start, end);
  }
  if (header.hasSum) await input.skip(4);
}

/** The flags and what of the header follows them: sizes, a dictionary's number, a checksum. */
function frameHeader(flags: Buffer) {
  const [flag, descriptor] = [flags[0]!, flags[1]!];
  if (flag >> 6 !== 1) throw corrupt(`version ${flag >> 6} of the format`);
  if (flag & 1) throw corrupt('it was packed with a dictionary, which is not in it');
  const size = (descriptor >> 4) & 7;
  if (size < 4) throw corrupt(`blocks of size ${size}`);
  return {
    hasBlockSums: (flag & 0x10) !== 0,
    hasSum: (flag & 0x04) !== 0,
    nMore: (flag & 0x08 ? 8 : 0) + 1,
    blockBytes: 1 << (8 + 2 * size),
  };
}

/** A call costs more than so many bytes. */
const SHORT_BYTES = 32;

/** Unpacks a block into `out` from `start` on, and returns where it ends. */
function unpackBlock(block: Uint8Array, out: Uint8Array, start: number): number {
  let at = 0;
  let to = start;
  const length = (first: number): number => {
    let sum = first;
    if (first < 15) return sum;
    for (let more = 255; more === 255; ) {
      more = block[at++] ?? 0;
      sum += more;
    }
    return sum;
  };
  while (at < block.length) {
    const token = block[at++]!;
    const nLiterals = length(token >> 4);
    if (at + nLiterals > block.length || to + nLiterals > out.length) throw corrupt('a block is too long');
    if (nLiterals > SHORT_BYTES) out.set(block.subarray(at, at + nLiterals), to);
    else for (let i = 0; i < nLiterals; i++) out[to + i] = block[at + i]!;
    at += nLiterals;
    to += nLiterals;
    if (at >= block.length) break;
    const distance = block[at]! | ((block[at + 1] ?? 0) << 8);
    at += 2;
    const nRepeated = length(token & 15) + 4;
    if (distance === 0 || distance > to || to + nRepeated > out.length)
      throw corrupt('a block repeats what is not there');
    // What repeats itself is copied byte by byte: its end is made of its beginning.
    if (nRepeated > SHORT_BYTES && distance >= nRepeated)
      out.copyWithin(to, to - distance, to - distance + nRepeated);
    else for (let i = 0; i < nRepeated; i++) out[to + i] = out[to + i - distance]!;
    to += nRepeated;
  }
  return to;
}

/** Bytes of a stream, taken in whatever lengths. */
class Input {
  readonly #source: AsyncIterator<Buffer>;
  #rest: Buffer = Buffer.alloc(0);
  nTaken = 0;

  constructor(source: AsyncIterable<Buffer>) {
    this.#source = source[Symbol.asyncIterator]();
  }

  /** Fewer at the stream's end. */
  async takeUpTo(nBytes: number): Promise<Buffer> {
    const pieces = [this.#rest];
    let n = this.#rest.length;
    while (n < nBytes) {
      const next = await this.#source.next();
      if (next.done) break;
      pieces.push(Buffer.from(next.value));
      n += next.value.length;
    }
    const all = pieces.length === 1 ? pieces[0]! : Buffer.concat(pieces);
    this.#rest = all.subarray(nBytes);
    const taken = all.subarray(0, nBytes);
    this.nTaken += taken.length;
    return taken;
  }

  async take(nBytes: number): Promise<Buffer> {
    const bytes = await this.takeUpTo(nBytes);
    if (bytes.length < nBytes) throw new Lz4Damage('LZ4_TRUNCATED', 'the file ends inside a frame');
    return bytes;
  }

  async skip(nBytes: number): Promise<void> {
    for (let left = nBytes; left > 0; ) left -= (await this.take(Math.min(left, WINDOW_BYTES))).length;
  }
}
