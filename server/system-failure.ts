// What the operating system refused, as a failure that a user can act on: a full disk, a folder that may not be
// written to, a file that is not there.

import { IrregularFile } from '../guard/paths/regular-file.ts';
import { EnvironmentError, UserError, type VerbatimError } from './errors.ts';

const reasons: Readonly<Record<string, readonly [reason: string, action: string]>> = {
  ENOSPC: ['the disk is full', 'Free some space and run it again.'],
  EDQUOT: ['the disk quota is used up', 'Free some space and run it again.'],
  EROFS: ['the file system is read-only', 'Choose another place.'],
  EACCES: ['permission is denied', 'Change its permissions, or choose another place.'],
  EPERM: ['permission is denied', 'Change its permissions, or choose another place.'],
  ENOENT: ['there is no such file or folder', 'Check the path.'],
  EISDIR: ['it is a folder', 'Name a file.'],
  ENOTDIR: ['a part of the path is not a folder', 'Check the path.'],
  EEXIST: ['it is there already', 'Choose another name.'],
  EMFILE: ['too many files are open', 'Raise the limit of open files (ulimit -n).'],
  EIO: ['the disk cannot be read or written', 'Check the disk.'],
};

/** Undefined for an error that did not come from the operating system, or from what lies at a path there. */
export function systemFailure(error: unknown): VerbatimError | undefined {
  if (error instanceof IrregularFile) {
    return new UserError(error.message, { cause: error, action: 'Put a file there, or name another one.' });
  }
  if (!isSystemError(error)) return undefined;
  const action = reasons[error.code ?? '']?.[1];
  return new EnvironmentError(`${error.path ?? 'The output'}: ${reasonOf(error)}`, {
    cause: error,
    ...(action === undefined ? {} : { action }),
  });
}

/** Why, in words where the operating system refused; otherwise the error's own message. */
export function reasonOf(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return isSystemError(error) ? (reasons[error.code ?? '']?.[0] ?? message) : message;
}

const isSystemError = (error: unknown): error is NodeJS.ErrnoException =>
  error instanceof Error && typeof (error as NodeJS.ErrnoException).syscall === 'string';
