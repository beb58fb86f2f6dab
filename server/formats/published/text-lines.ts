// The lines of a long text file, one after the other, never the file as a whole; every byte is one character
// (latin1), so nothing is replaced.

import { closeSync, openSync, readSync } from 'node:fs';

const CHUNK_BYTES = 1 << 20;

/** Lines end at LF; a last line without one counts too. */
export function* readLines(path: string): Generator<string> {
  const file = openSync(path, 'r');
  const chunk = Buffer.alloc(CHUNK_BYTES);
  let rest = '';
  try {
    for (;;) {
      const nBytes = readSync(file, chunk);
      if (nBytes === 0) break;
      const lines = (rest + chunk.toString('latin1', 0, nBytes)).split('\n');
      rest = lines.pop()!;
      yield* lines;
    }
    if (rest !== '') yield rest;
  } finally {
    closeSync(file);
  }
}
