// Writes all of some bytes, and says where it could not: the system names no file that is open.

import { fsyncSync, writeSync } from 'node:fs';

export function writeAll(file: number, path: string, bytes: Uint8Array, at: number): void {
  naming(path, () => {
    for (let done = 0; done < bytes.length; )
      done += writeSync(file, bytes, done, bytes.length - done, at + done);
  });
}

/** From then on what was written stays when the power fails. */
export const sync = (file: number, path: string): void => naming(path, () => fsyncSync(file));

/** What the system refused meanwhile is told of that path. */
export function naming(path: string, work: () => void): void {
  try {
    work();
  } catch (error) {
    throw error instanceof Error && 'syscall' in error ? Object.assign(error, { path }) : error;
  }
}
