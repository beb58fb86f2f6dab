// Gzip decompressed on the calling thread, a piece at a time. A pool
// thread must be woken for each piece, often on the core of the thread that waits for it: two scans then share one
// core while the other is idle. Knows no files.

import { constants, createGunzip } from 'node:zlib';
import type { BlockStarts } from './block-starts.ts';
import { EngineHere } from './engine-here.ts';
import { type Engine, expandsLikeNoText, type Inflated, OUTPUT_CHUNK_BYTES } from './inflate.ts';

/**
 * This stream is damaged or goes on behind its end, or this Node has no such call: `inflate` says what it is, from
 * the stream's start.
 */
export class CannotInflateHere extends Error {}

/** Compressed bytes behind the end of a block that tell where exactly it is. */
const TRIED_BYTES = 1 << 10;
/** Twice what text mostly needs for a piece of input: output that takes more is copied together. */
const OUTPUT_HERE_BYTES = 2 * OUTPUT_CHUNK_BYTES;

export interface HereOptions {
  /** Notes where blocks begin. */
  readonly blocks?: BlockStarts | undefined;
  /** For a stream that is none of gzip's. */
  readonly engine?: Engine;
}

/** Inflates like `inflate`, but a piece is overwritten by the next: it must be used before that is asked for. */
export async function* inflateHere(
  source: AsyncIterable<Buffer>,
  { blocks, engine = createGunzip({ chunkSize: OUTPUT_HERE_BYTES }) }: HereOptions = {},
): AsyncGenerator<Inflated> {
  const here = EngineHere.of(engine);
  if (!here) throw new CannotInflateHere();
  const process = (input: Buffer, flush: number): Buffer => {
    let output: Buffer;
    try {
      output = here.process(input, flush);
    } catch (cause) {
      throw new CannotInflateHere('not on this thread', { cause });
    }
    if (here.nUsed !== input.length && flush !== constants.Z_BLOCK) throw new CannotInflateHere();
    return output;
  };
  let nIn = 0;
  let nOut = 0;
  let lastByte = 0;
  let held = Buffer.alloc(0);
  /** Up to the end of a block if there is one in the piece, then the rest. */
  const processInTwo = (chunk: Buffer, starts: BlockStarts): readonly Buffer[] => {
    // The next call overwrites it.
    const output = process(chunk, constants.Z_BLOCK);
    if (output.length > held.length)
      held = Buffer.allocUnsafeSlow(Math.max(output.length, OUTPUT_HERE_BYTES));
    output.copy(held);
    const first = held.subarray(0, output.length);
    const { nUsed } = here;
    if (nUsed === chunk.length) return [first];
    starts.passed(first);
    const rest = process(chunk.subarray(nUsed), constants.Z_NO_FLUSH);
    const lastUsed = nUsed === 0 ? Buffer.of(lastByte) : chunk.subarray(nUsed - 1, nUsed);
    const bytes = Buffer.concat([lastUsed, chunk.subarray(nUsed, nUsed + TRIED_BYTES)]);
    starts.note(nIn + nUsed, nOut + first.length, bytes, rest);
    return [first, rest];
  };
  try {
    for await (const chunk of source) {
      // One piece as a whole: nothing of a piece that turns out to be damaged is given here.
      const pieces = blocks?.isDue(nOut)
        ? processInTwo(chunk, blocks)
        : [process(chunk, constants.Z_NO_FLUSH)];
      blocks?.passed(pieces.at(-1)!);
      nIn += chunk.length;
      lastByte = chunk.at(-1) ?? lastByte;
      for (const piece of pieces) nOut += piece.length;
      if (expandsLikeNoText(nIn, nOut)) throw new CannotInflateHere();
      yield { diskBytes: nIn, pieces };
    }
    const output = process(Buffer.alloc(0), constants.Z_FINISH);
    yield { diskBytes: nIn, pieces: [output] };
  } finally {
    here.close();
  }
}
