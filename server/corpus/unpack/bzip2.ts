// bzip2, block by block. The library is old and its streams older: it is written to and read from in one turn.

import unbzip2 from 'unbzip2-stream';
import type { Inflated } from '../inflate.ts';

export async function* unpackBzip2(source: AsyncIterable<Buffer>): AsyncGenerator<Inflated> {
  let pieces: Buffer[] = [];
  let failure: Error | undefined;
  let diskBytes = 0;
  const stream = unbzip2();
  stream.on('data', (piece) => void pieces.push(piece));
  stream.on('error', (error) => {
    failure ??= error;
  });
  let nOut = 0;
  let tail: Buffer = Buffer.alloc(0);
  const take = () => {
    const taken = pieces;
    pieces = [];
    for (const piece of taken) nOut += piece.length;
    return { diskBytes, pieces: taken };
  };
  for await (const chunk of source) {
    // It keeps what it is given, and whoever gives it may write over it.
    stream.write(Buffer.from(chunk));
    tail = Buffer.concat([tail, chunk.subarray(-TAIL_BYTES)]).subarray(-TAIL_BYTES);
    diskBytes += chunk.length;
    yield take();
    if (failure) throw inWords(failure, nOut, tail);
  }
  stream.end();
  yield take();
  if (failure) throw inWords(failure, nOut, tail);
}

/** Enough for the end of a stream and what may stand behind it without being taken for the next one's beginning. */
const TAIL_BYTES = 16;
/** What stands at the end of a stream, before 32 bits of a checksum; not at the beginning of a byte. */
const END_MARK = 0x177245385090n.toString(2).padStart(48, '0');

/** The library's errors are of its own humour, and where the input ends it fails on `undefined`. */
function inWords(error: Error, nOut: number, tail: Buffer): Error {
  const { message } = error;
  const isNoBeginning = /No magic number|Not a BZIP/.test(message);
  const isEnd = /of undefined|prematurely/.test(message);
  if (nOut > 0 && (isNoBeginning || (isEnd && endsBefore(tail))))
    return damaged('BZ2_TRAILING', 'no other stream begins there');
  if (isEnd) return damaged('BZ2_TRUNCATED', 'the file ends inside a stream');
  return damaged(
    'BZ2_CORRUPT',
    /crc/i.test(message) ? 'its checksum is another one' : 'it is no bzip2 data there',
  );
}

/** Whether a stream is whole before the last bytes of the input. */
function endsBefore(tail: Buffer): boolean {
  const bits = [...tail].map((byte) => byte.toString(2).padStart(8, '0')).join('');
  const mark = bits.lastIndexOf(END_MARK);
  return mark >= 0 && mark + END_MARK.length + 32 <= bits.length;
}

const damaged = (code: string, message: string) => Object.assign(new Error(message), { code });
