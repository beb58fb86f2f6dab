// A file that the user named, read whole: through links, wherever it lies, but nothing that has no end. The pipe that a
// shell makes of another program's output (`<(…)`) is one that the user asked for.

import { closeSync, constants, createReadStream, openSync, readFileSync, statSync } from 'node:fs';
import { Socket } from 'node:net';
import type { Readable } from 'node:stream';
import { IrregularFile, openRegularFileSync } from '../../guard/paths/regular-file.ts';
import { UserError } from '../errors.ts';

const SHELL_PIPE = /^\/(dev\/(fd\/\d+|stdin)|proc\/(self|\d+)\/fd\/\d+)$/;

/** The most that is taken from a pipe: what comes out of one may have no end. */
const MOST_PIPED_BYTES = 1 << 30;

export const isShellPipe = (path: string): boolean => SHELL_PIPE.test(path);

/** Waits without holding its thread. Throws `UserError` for more than `mostBytes`. */
export async function readShellPipe(path: string, mostBytes = MOST_PIPED_BYTES): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let nBytes = 0;
  for await (const chunk of streamOf(path)) {
    nBytes += chunk.length;
    if (nBytes > mostBytes) {
      throw new UserError(`${path} gives more than ${mostBytes} bytes`, {
        action: 'Write them to a file, and name that.',
      });
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** A read that waits in one of libuv's threads would keep the process from ending; a socket's waits in none. */
function streamOf(path: string): Readable {
  if (!statSync(path).isFIFO()) return createReadStream(path, { highWaterMark: 1 << 20 });
  const fd = openSync(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
  return new Socket({ fd, readable: true, writable: false });
}

/** Throws `UserError` for a pipe, a socket, a device or a folder, and what the system says otherwise. */
export function readNamedFile(path: string): Buffer {
  if (SHELL_PIPE.test(path)) return readFileSync(path);
  try {
    const file = openRegularFileSync(path);
    try {
      return readFileSync(file);
    } finally {
      closeSync(file);
    }
  } catch (error) {
    if (error instanceof IrregularFile)
      throw new UserError(error.message, { action: 'Name a file.', cause: error });
    throw error;
  }
}
