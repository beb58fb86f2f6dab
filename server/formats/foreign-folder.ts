// A folder that somebody else made, as it is read: nothing outside of it, whatever its links say, nothing but files,
// and no more of one than fits into memory. What it refuses, it names.

import { closeSync, fstatSync, readdirSync, readFileSync, readSync, statSync } from 'node:fs';
import { containedPath } from '../../guard/paths/contained.ts';
import { IrregularFile, openRegularFileSync } from '../../guard/paths/regular-file.ts';
import { UserError } from '../errors.ts';
import { type Check, parseJson } from '../json-shape.ts';

const CHUNK_BYTES = 1 << 20;
/** The most that a file which is read whole may have, and a line. */
const MAX_BYTES = 256 << 20;

export class ForeignFolder {
  readonly root: string;

  constructor(root: string) {
    this.root = root;
  }

  /** False where nothing is, be it behind a link inside. */
  has(path: string): boolean {
    return statSync(this.#inside(path), { throwIfNoEntry: false }) !== undefined;
  }

  isFolder(path: string): boolean {
    return statSync(this.#inside(path), { throwIfNoEntry: false })?.isDirectory() ?? false;
  }

  /** In code-unit order. */
  names(path: string): readonly string[] {
    return readdirSync(this.#inside(path)).sort();
  }

  bytes(path: string): Buffer {
    const file = this.#open(path);
    try {
      const { size } = fstatSync(file);
      if (size > MAX_BYTES) {
        throw new UserError(`${path} has ${size} bytes, and ${MAX_BYTES} are read at most`);
      }
      return readFileSync(file);
    } finally {
      closeSync(file);
    }
  }

  /** Every byte is one character, so that nothing is replaced. */
  text(path: string): string {
    return this.bytes(path).toString('latin1');
  }

  /** `what` ends the sentence "… is not": what the check asks for. */
  json<T>(path: string, check: Check, what: string): T {
    const value = parseJson<T>(this.bytes(path).toString(), check);
    if (value !== undefined) return value;
    throw new UserError(`${path} is not ${what}`, { action: 'Bring the file whole, or remove it.' });
  }

  /** One after the other, never the file as a whole, a character a byte. Lines end at LF; a last one without counts too. */
  *lines(path: string): Generator<string> {
    const file = this.#open(path);
    const chunk = Buffer.alloc(CHUNK_BYTES);
    let rest = '';
    try {
      for (;;) {
        const nBytes = readSync(file, chunk);
        if (nBytes === 0) break;
        const lines = (rest + chunk.toString('latin1', 0, nBytes)).split('\n');
        rest = lines.pop()!;
        if (rest.length > MAX_BYTES)
          throw new UserError(`${path} has a line of more than ${MAX_BYTES} bytes`);
        yield* lines;
      }
      if (rest !== '') yield rest;
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
