// What SQLite refused, as a failure that a user can act on.

import { statSync } from 'node:fs';
import { EnvironmentError, UserError } from './errors.ts';

export const SQLITE_BUSY = 5;
const SQLITE_NOMEM = 7;
const SQLITE_IOERR = 10;
const SQLITE_CORRUPT = 11;
const SQLITE_FULL = 13;
export const SQLITE_CANTOPEN = 14;
const SQLITE_READONLY = 8;
const SQLITE_TOOBIG = 18;
const SQLITE_NOTADB = 26;

/** The primary result code of a SQLite error, or undefined for another kind of error. */
export function sqliteCode(error: unknown): number | undefined {
  if (!(error instanceof Error) || !('errcode' in error)) return undefined;
  return Number(error.errcode) & 0xff;
}

/** Runs `work`, turning SQLite's errors into ones that a user can act on. */
export function translating<T>(path: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw translate(path, error);
  }
}

function translate(path: string, cause: unknown): unknown {
  if ((cause as NodeJS.ErrnoException).code === 'ERR_OUT_OF_RANGE') return damaged(path, cause);
  const reason = cause instanceof Error ? cause.message : String(cause);
  switch (sqliteCode(cause)) {
    case SQLITE_FULL:
      return new EnvironmentError(`The disk is full: ${path} cannot grow`, {
        action:
          'Free some space and run the same command again: it goes on from the last finished batch or shard.',
        cause,
      });
    case SQLITE_IOERR:
      return new EnvironmentError(`${path} cannot be written or read (${reason})`, {
        action: 'Check the disk (is it full?) and run the same command again: it goes on where it stopped.',
        cause,
      });
    case SQLITE_READONLY:
    case SQLITE_CANTOPEN:
      if (statSync(path, { throwIfNoEntry: false })?.isDirectory()) {
        return new UserError(`${path} is a folder, and a study is a file`, {
          action: 'Name a study file (.sqlite).',
        });
      }
      return new UserError(`${path} cannot be opened (${reason})`, {
        action: 'Check that the folder exists and may be written to.',
        cause,
      });
    case SQLITE_NOTADB:
      return notAStudy(path);
    case SQLITE_CORRUPT:
    case SQLITE_TOOBIG:
      return damaged(path, cause);
    case SQLITE_NOMEM:
      return new EnvironmentError(`${path} needs more memory than there is for it`, {
        action: 'Close what else runs. If it stays so, the study is damaged: restore it from a copy.',
        cause,
      });
    case SQLITE_BUSY:
      return new EnvironmentError(`${path} is in use by another process`, {
        action: 'Wait until it has finished.',
        cause,
      });
    default:
      return cause;
  }
}

/** What stands in the study is not what Verbatim writes. `cause` says what was found. */
export const damaged = (path: string, cause: unknown) =>
  new UserError(`${path} is damaged (${cause instanceof Error ? cause.message : String(cause)})`, {
    action: 'Restore it from a copy, or delete it and run the study again.',
    cause,
  });

export const notAStudy = (path: string) =>
  new UserError(`${path} is no Verbatim study`, { action: 'Choose a file that a study was written to.' });
