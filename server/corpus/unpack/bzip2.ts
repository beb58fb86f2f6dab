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
  const take = () => {
    const taken = pieces;
    pieces = [];
    return { diskBytes, pieces: taken };
  };
  for await (const chunk of source) {
    // It keeps what it is given, and whoever gives it may write over it.
    stream.write(Buffer.from(chunk));
    diskBytes += chunk.length;
    yield take();
    if (failure) throw failure;
  }
  stream.end();
  yield take();
  if (failure) throw failure;
}
