// Writes a long text file line by line without holding it; every character is one byte (latin1).

import { closeSync, mkdirSync, openSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';

export interface TextWriter extends Disposable {
  line(text: string): void;
  /** As it is, without a line end. */
  write(text: string): void;
}

const CHUNK_CHARACTERS = 1 << 20;

export function openTextWriter(path: string): TextWriter {
  mkdirSync(dirname(path), { recursive: true });
  const file = openSync(path, 'w');
  let parts: string[] = [];
  let size = 0;
  const flush = () => {
    writeSync(file, Buffer.from(parts.join(''), 'latin1'));
    parts = [];
    size = 0;
  };
  const write = (text: string) => {
    parts.push(text);
    size += text.length;
    if (size >= CHUNK_CHARACTERS) flush();
  };
  return {
    write,
    line: (text) => write(`${text}\n`),
    [Symbol.dispose]() {
      flush();
      closeSync(file);
    },
  };
}
