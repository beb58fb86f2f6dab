// The beginnings of the frames of a Zstandard stream (RFC 8878, section 3), told from their headers alone: nothing is unpacked,
// and what is damaged is for the decoder to say. Knows no files.

const MAGIC = 0xfd2fb528;
const SKIPPABLE = 0x184d2a50;
const CHECKSUM_BYTES = 4;
const BLOCK_HEADER_BYTES = 3;
const RLE_BLOCK = 1;

/** Called with the place of each frame but the first, in the stream and in what it unpacks to. */
type OnFrame = (diskOffset: number, byteOffset: number) => void;

/** Takes some bytes, and says what comes next. */
interface Step {
  readonly nBytes: number;
  readonly next: (bytes: Buffer) => Step | undefined;
}

export class ZstdFrames {
  readonly #onFrame: OnFrame;
  #step: Step | undefined;
  /** What is there of the bytes that the step takes. */
  #held: Buffer = Buffer.alloc(0);
  /** Bytes to pass over before it. */
  #nSkipped = 0;
  #diskOffset = 0;
  #byteOffset = 0;

  constructor(onFrame: OnFrame) {
    this.#onFrame = onFrame;
    this.#step = this.#begin;
  }

  /** The next bytes of the stream, in pieces of any size. */
  pass(chunk: Buffer): void {
    let rest = chunk;
    while (this.#step && rest.length > 0) {
      const nSkipped = Math.min(this.#nSkipped, rest.length);
      const nTaken = Math.min(rest.length - nSkipped, this.#step.nBytes - this.#held.length);
      const taken = rest.subarray(nSkipped, nSkipped + nTaken);
      this.#nSkipped -= nSkipped;
      this.#held = this.#held.length === 0 ? Buffer.from(taken) : Buffer.concat([this.#held, taken]);
      this.#diskOffset += nSkipped + nTaken;
      rest = rest.subarray(nSkipped + nTaken);
      if (this.#nSkipped > 0 || this.#held.length < this.#step.nBytes) return;
      const held = this.#held;
      this.#held = Buffer.alloc(0);
      this.#step = this.#step.next(held);
    }
  }

  /** Magic, and the byte that says what else the header has. */
  readonly #begin: Step = {
    nBytes: 5,
    next: (bytes) => {
      const magic = bytes.readUInt32LE();
      if ((magic & 0xfffffff0) >>> 0 === SKIPPABLE) return this.#passOver(bytes[4]!);
      if (magic !== MAGIC) return undefined;
      const start = this.#diskOffset - bytes.length;
      if (start > 0) this.#onFrame(start, this.#byteOffset);
      return this.#header(bytes[4]!);
    },
  };

  /** A frame of somebody's own: its length has begun. */
  #passOver(first: number): Step {
    return {
      nBytes: 3,
      next: (bytes) => {
        this.#nSkipped = Buffer.of(first, ...bytes).readUInt32LE();
        return this.#begin;
      },
    };
  }

  #header(descriptor: number): Step | undefined {
    const isSingle = (descriptor & 0x20) !== 0;
    const nBefore = (isSingle ? 0 : 1) + [0, 1, 2, 4][descriptor & 3]!;
    const nSize = [isSingle ? 1 : 0, 2, 4, 8][descriptor >> 6]!;
    // Nobody knows then where the next frame stands in the text.
    if (nSize === 0) return undefined;
    return {
      nBytes: nBefore + nSize,
      next: (bytes) => {
        const size = bytes.subarray(nBefore);
        this.#byteOffset +=
          nSize === 8 ? Number(size.readBigUInt64LE()) : size.readUIntLE(0, nSize) + (nSize === 2 ? 256 : 0);
        return this.#block(descriptor);
      },
    };
  }

  #block(descriptor: number): Step {
    return {
      nBytes: BLOCK_HEADER_BYTES,
      next: (bytes) => {
        const header = bytes.readUIntLE(0, BLOCK_HEADER_BYTES);
        this.#nSkipped = ((header >> 1) & 3) === RLE_BLOCK ? 1 : header >> 3;
        if ((header & 1) === 0) return this.#block(descriptor);
        if ((descriptor & 4) !== 0) this.#nSkipped += CHECKSUM_BYTES;
        return this.#begin;
      },
    };
  }
}
