// xz through its reference decoder, compiled to WebAssembly. The decoder's memory is one for the thread: whoever unpacks
// takes turns, and one who waits while holding the turn waits for ever.

import xz from 'xz-decompress';
import type { Inflated } from '../inflate.ts';

/** Resolves when the stream that has the decoder has ended. */
let turn: Promise<void> = Promise.resolve();

export async function* unpackXz(source: AsyncIterable<Buffer>): AsyncGenerator<Inflated> {
  const before = turn;
  let done = () => {};
  turn = new Promise((resolve) => {
    done = resolve;
  });
  await before;
  const chunks = source[Symbol.asyncIterator]();
  try {
    yield* unpackInTurn(chunks);
  } finally {
    await chunks.return?.();
    done();
  }
}

async function* unpackInTurn(chunks: AsyncIterator<Buffer>): AsyncGenerator<Inflated> {
  let diskBytes = 0;
  let nBehindEnd = 0;
  let nOut = 0;
  const packed = new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        const { value, done } = await chunks.next();
        // The decoder asks again before it sees that a stream is whole, and for ever where it is not.
        if (done && ++nBehindEnd > 2)
          controller.error(damaged('XZ_TRUNCATED', 'the file ends inside a stream'));
        else controller.enqueue(done ? new Uint8Array() : new Uint8Array(value));
        diskBytes += done ? 0 : value.length;
      },
    },
    { highWaterMark: 0 },
  );
  const reader = new xz.XzReadableStream(packed).getReader();
  let isOver = false;
  try {
    for (;;) {
      const { value, done } = await reader.read();
      isOver = done;
      if (done) return;
      nOut += value.length;
      yield { diskBytes, pieces: [Buffer.from(value)] };
    }
  } catch (error) {
    isOver = true;
    throw inWords(error as Error, nOut);
  } finally {
    if (!isOver) await reader.cancel().catch(() => {});
  }
}

const damaged = (code: string, message: string) => Object.assign(new Error(message), { code });

/** The decoder's own numbers for its errors. */
const FORMAT_ERROR = 5;
const INPUT_ENDS = 8;

function inWords(error: Error, nOut: number): Error {
  const code = Number(/error code (\d+)/.exec(error.message)?.[1]);
  if (code === INPUT_ENDS) return damaged('XZ_TRUNCATED', 'the file ends inside a stream');
  if (code === FORMAT_ERROR && nOut > 0) return damaged('XZ_TRAILING', 'no other stream begins there');
  return 'code' in error ? error : damaged('XZ_CORRUPT', error.message);
}
