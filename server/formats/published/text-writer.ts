// Writes a long text file piece by piece without holding it; every character is one byte (latin1). The file
// is open only while a piece is written, so that there may be more writers than the system lets be open.

import { appendFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';

export interface TextWriter extends Disposable {
  line(text: string): void;
  /** Writes the text as it is, without a line end. */
  write(text: string): void;
  /** Writes bytes as they are, so that what goes into many files is encoded once. */
  writeBytes(bytes: Uint8Array): void;
}

const CHUNK_BYTES = 1 << 20;

/** `chunkBytes` are held in memory until they are written. */
export function openTextWriter(path: string, chunkBytes = CHUNK_BYTES): TextWriter {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, '');
  const chunk = Buffer.allocUnsafeSlow(chunkBytes);
  let nHeld = 0;
  const flush = () => {
    if (nHeld > 0) appendFileSync(path, chunk.subarray(0, nHeld));
    nHeld = 0;
  };
  const writeBytes = (bytes: Uint8Array) => {
    if (nHeld + bytes.length > chunkBytes) flush();
    if (bytes.length > chunkBytes) return appendFileSync(path, bytes);
    chunk.set(bytes, nHeld);
    nHeld += bytes.length;
  };
  const write = (text: string) => {
    if (nHeld + text.length > chunkBytes) flush();
    if (text.length > chunkBytes) appendFileSync(path, text, 'latin1');
    else nHeld += chunk.write(text, nHeld, 'latin1');
  };
  return {
    write,
    writeBytes,
    line: (text) => write(`${text}\n`),
    [Symbol.dispose]: flush,
  };
}
