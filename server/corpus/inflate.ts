// Decompression a piece at a time. Piping would be shorter, but an error destroys a pipe together with
// output that nobody has read yet. Knows no files.

import type { Transform } from 'node:stream';
import type { Zlib } from 'node:zlib';

/** Node's default of 16 KiB doubles the cost of inflating. */
export const OUTPUT_CHUNK_BYTES = 1 << 20;
export const INPUT_CHUNK_BYTES = 64 << 10;

/** Text is never this much smaller compressed: what goes on and on is a decompression bomb. */
export const MAX_EXPANSION = 500;
const HARMLESS_BYTES = 1 << 30;
/** Most output from one piece of input: deflate cannot reach it, Zstandard can. */
const MAX_PIECE_BYTES = 256 << 20;

/** All that one piece of input gave, with the input used so far. */
export interface Inflated {
  readonly diskBytes: number;
  readonly pieces: readonly Buffer[];
}

export type Engine = Transform & Zlib;

export interface InflateOptions {
  /** For streams that may follow each other and end their engine: Zstandard's frames. Gzip's members do not. */
  readonly openNext?: () => Engine;
  /** Zeros behind the end are padding in any case, where gzip's engine ends. */
  readonly behindEnd?: 'told' | 'passed-over';
}

/** Pushes one chunk at a time and takes all its output before the next. */
export async function* inflate(
  source: AsyncIterable<Buffer>,
  first: Engine,
  { openNext, behindEnd = 'passed-over' }: InflateOptions = {},
): AsyncGenerator<Inflated> {
  let ready: Buffer[] = [];
  let nReady = 0;
  let nIn = 0;
  let nOut = 0;
  let failure: Error | undefined;
  let wake = () => {};
  const listen = (engine: Engine) => {
    engine.on('data', (piece: Buffer) => {
      ready.push(piece);
      nReady += piece.length;
      if (nReady > MAX_PIECE_BYTES) {
        failure ??= expands();
        engine.destroy();
      }
    });
    engine.on('error', (error) => {
      failure ??= error;
      wake();
    });
    engine.on('close', () => wake());
    return engine;
  };
  let engine = listen(first);
  let isOver = false;
  const settle = (start: (done: () => void) => void) =>
    new Promise<void>((resolve) => {
      wake = resolve;
      start(resolve);
    });
  const take = (): Inflated => {
    const pieces = ready;
    nOut += nReady;
    ready = [];
    nReady = 0;
    if (expandsLikeNoText(nIn, nOut)) failure ??= expands();
    return { diskBytes: nIn, pieces };
  };
  try {
    for await (const chunk of source) {
      let rest = chunk;
      for (;;) {
        if (isOver) break;
        const before = engine.bytesWritten;
        await settle((done) => engine.write(rest, done));
        if (failure || !engine.readableEnded) break;
        // It ended inside this chunk, and to write more to it would throw where nobody can catch it.
        rest = rest.subarray(engine.bytesWritten - before);
        if (!openNext) break;
        engine.removeAllListeners().destroy();
        engine = listen(openNext());
      }
      nIn += chunk.length;
      if (isOver) {
        if (chunk.some(isNoPadding)) throw trailing();
        // It gets on.
        yield { diskBytes: nIn, pieces: [] };
        continue;
      }
      yield take();
      if (failure) throw failure;
      isOver = engine.readableEnded;
      if (isOver && behindEnd === 'passed-over') return;
      if (isOver && rest.some(isNoPadding)) throw trailing();
    }
    if (isOver) return;
    await settle((done) => {
      engine.once('end', done);
      engine.end();
    });
    yield take();
    if (failure) throw failure;
  } finally {
    engine.destroy();
  }
}

export const expandsLikeNoText = (nIn: number, nOut: number): boolean =>
  nOut > HARMLESS_BYTES && nOut > nIn * MAX_EXPANSION;

const isNoPadding = (byte: number) => byte !== 0;

/** All output came before it. */
export const trailingCode = 'VERBATIM_TRAILING';

/** Something else stands behind the end of a stream. */
export const trailing = (): Error =>
  Object.assign(new Error('no other stream begins there'), { code: trailingCode });

export function expands(): Error {
  const error = new Error(`more than ${MAX_EXPANSION} times its size`);
  return Object.assign(error, { code: 'VERBATIM_EXPANDS' });
}
