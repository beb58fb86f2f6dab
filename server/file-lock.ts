// The right of one process to write a file: a lock of the operating system's, which ends with the process however
// that dies. SQLite is what asks for it on every system alike; it knows nothing of the file itself.

import { existsSync, mkdirSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { UserError } from './errors.ts';
import { SQLITE_BUSY, sqliteCode, translating } from './sqlite-failure.ts';
import { checkForWriting, withoutLinks } from './sqlite-siblings.ts';

/**
 * Takes the right to write a study; undefined if another process has it. The lock is the operating
 * system's, on an empty database beside the study, so it ends with the process however that dies.
 * It ends, too, when the value is collected as garbage: hold on to it.
 */
export function tryLock(path: string): Disposable | undefined {
  // Who only looks whether it is locked reads it for an instant, so this waits for longer than that.
  return takeLock(path, 200);
}

/** Takes the lock, or throws a `UserError` where another process has it; `action` is what to do then. */
export function lockOrRefuse(path: string, action = 'Wait for it or stop it.'): Disposable {
  const lock = tryLock(path);
  if (!lock) throw new UserError(`Another run is writing ${path}`, { action });
  return lock;
}

function takeLock(path: string, waitMs: number): Disposable | undefined {
  return translating(path, () => {
    mkdirSync(dirname(path), { recursive: true });
    const file = `${withoutLinks(path)}-lock`;
    checkLockFile(file);
    const db = new DatabaseSync(file);
    try {
      db.exec(`PRAGMA busy_timeout = ${waitMs}; PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE`);
    } catch (error) {
      db.close();
      if (sqliteCode(error) === SQLITE_BUSY) return undefined;
      throw error;
    }
    return { [Symbol.dispose]: () => db.close() };
  });
}

/** Locking means opening with SQLite: what a stranger put in the lock's place must be nothing that SQLite acts on. */
function checkLockFile(file: string): void {
  checkForWriting(file);
  if ((statSync(file, { throwIfNoEntry: false })?.size ?? 0) === 0) return;
  throw new UserError(`${file} is not empty, as the lock of a study is`, { action: 'Remove it.' });
}

/**
 * Whether some process is writing the study now. Who writes lets nobody read, and who looks only reads: so several may look
 * at the same moment, and none takes another one for a writer.
 */
export function isLocked(path: string): boolean {
  const file = `${withoutLinks(path)}-lock`;
  if (!existsSync(file)) return false;
  try {
    return translating(path, () => {
      checkLockFile(file);
      const db = new DatabaseSync(file);
      try {
        db.exec('PRAGMA busy_timeout = 0; SELECT name FROM sqlite_schema');
        return false;
      } catch (error) {
        if (sqliteCode(error) === SQLITE_BUSY) return true;
        throw error;
      } finally {
        db.close();
      }
    });
  } catch (error) {
    // Nobody writes where nothing can be written.
    if (error instanceof UserError) return false;
    throw error;
  }
}
