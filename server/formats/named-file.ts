// A file that the user named, read whole: through links, wherever it lies, but nothing that has no end. The pipe that a
// shell makes of another program's output (`<(…)`) is one that the user asked for.

import { closeSync, readFileSync } from 'node:fs';
import { IrregularFile, openRegularFileSync } from '../../guard/paths/regular-file.ts';
import { UserError } from '../errors.ts';

const SHELL_PIPE = /^\/(dev\/(fd\/\d+|stdin)|proc\/(self|\d+)\/fd\/\d+)$/;

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
