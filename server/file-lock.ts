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
  // Who only looks whether it is locked has it for an instant, so this waits for longer than that.
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

/** Whether some process is writing the study now. */
export function isLocked(path: string): boolean {
  if (!existsSync(`${withoutLinks(path)}-lock`)) return false;
  try {
    using lock = takeLock(path, 0);
    return lock === undefined;
  } catch (error) {
    // Nobody writes where nothing can be written.
    if (error instanceof UserError) return false;
    throw error;
  }
}
