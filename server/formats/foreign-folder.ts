// A folder that somebody else made, as it is read: nothing outside of it, whatever its links say, nothing but files,
// and no more of one than fits into memory. What it refuses, it names.

import { closeSync, fstatSync, readdirSync, readFileSync, readSync, statSync } from 'node:fs';
import { containedPath } from '../../guard/paths/contained.ts';
import { IrregularFile, openRegularFileSync } from '../../guard/paths/regular-file.ts';
import { UserError } from '../errors.ts';
import { type Check, parseJson } from '../json-shape.ts';

const CHUNK_BYTES = 1 << 16;
/** The most that a file which is read whole may have, and a line. */
const MAX_BYTES = 256 << 20;
const SMALL_BYTES = 1 << 16;
const LF = 10;

export class ForeignFolder {
  readonly root: string;
  readonly #small = Buffer.allocUnsafeSlow(SMALL_BYTES);

  constructor(root: string) {
    this.root = root;
  }

  /** False where nothing is, be it behind a link inside. */
  has(path: string): boolean {
    return statSync(this.#inside(path), { throwIfNoEntry: false }) !== undefined;
  }

  /** What a file holds; 0 where nothing is. */
  nBytes(path: string): number {
    return statSync(this.#inside(path), { throwIfNoEntry: false })?.size ?? 0;
  }

  isFolder(path: string): boolean {
    return statSync(this.#inside(path), { throwIfNoEntry: false })?.isDirectory() ?? false;
  }

  /** In code-unit order. */
  names(path: string): readonly string[] {
    return readdirSync(this.#inside(path)).sort();
  }

  bytes(path: string): Buffer {
    return this.#whole(path, (file) => readFileSync(file));
  }

  /** Bytes that hold only until another file is read: there may be many thousands, and memory for each would be there until somebody collects it. */
  passing(path: string): Uint8Array {
    return this.#whole(path, (file, size) => {
      if (size >= SMALL_BYTES) return readFileSync(file);
      let nBytes = 0;
      for (let n = -1; n !== 0 && nBytes < SMALL_BYTES; nBytes += n)
        n = readSync(file, this.#small, nBytes, SMALL_BYTES - nBytes, null);
      return this.#small.subarray(0, nBytes);
    });
  }

  /** `what` ends the sentence "… is not": what the check asks for. */
  json<T>(path: string, check: Check, what: string): T {
    const value = parseJson<T>(this.bytes(path).toString(), check);
    if (value !== undefined) return value;
    throw new UserError(`${path} is not ${what}`, { action: 'Bring the file whole, or remove it.' });
  }

  /** One after the other, never the file as a whole, a character a byte. Lines end at LF; a last one without counts too. */
  *lines(path: string): Generator<string> {
    for (const piece of this.pieces(path)) {
      const lines = piece.toString('latin1').split('\n');
      // What stands behind the last line end is the next piece's, or nothing.
      if (lines.at(-1) === '') lines.pop();
      yield* lines;
    }
  }

  /** The file's bytes in pieces that end with a line, or with the file. A piece holds only until the next is asked for. */
  *pieces(path: string): Generator<Buffer> {
    const file = this.#open(path);
    let memory: Buffer = Buffer.allocUnsafeSlow(CHUNK_BYTES);
    let nHeld = 0;
    try {
      for (;;) {
        if (nHeld === memory.length) memory = larger(memory);
        const nBytes = readSync(file, memory, nHeld, memory.length - nHeld, null);
        if (nBytes === 0) break;
        const before = nHeld;
        nHeld += nBytes;
        const end = before + memory.subarray(before, nHeld).lastIndexOf(LF) + 1;
        if (end > before) {
          yield memory.subarray(0, end);
          memory.copyWithin(0, end, nHeld);
          nHeld -= end;
        }
        if (nHeld > MAX_BYTES) throw new UserError(`${path} has a line of more than ${MAX_BYTES} bytes`);
      }
      if (nHeld > 0) yield memory.subarray(0, nHeld);
    } finally {
      closeSync(file);
    }
  }

  #whole<T>(path: string, read: (file: number, size: number) => T): T {
    const file = this.#open(path);
    try {
      const { size } = fstatSync(file);
      if (size > MAX_BYTES) {
        throw new UserError(`${path} has ${size} bytes, and ${MAX_BYTES} are read at most`);
      }
      return read(file, size);
    } finally {
      closeSync(file);
    }
  }

  #open(path: string): number {
    try {
      return openRegularFileSync(this.#inside(path), 'refuse');
    } catch (error) {
      if (error instanceof IrregularFile) throw new UserError(error.message, { cause: error });
      throw error;
    }
  }

  #inside(path: string): string {
    const real = containedPath(this.root, path);
    if (real !== undefined) return real;
    throw new UserError(`${path} is a link that leads out of ${this.root}, or nowhere`, {
      action: 'Remove it, or put the file itself in its place.',
    });
  }
}

/** For a line that is longer than what is read at once. */
function larger(memory: Buffer): Buffer {
  const grown = Buffer.allocUnsafeSlow(2 * memory.length);
  memory.copy(grown);
  return grown;
}
