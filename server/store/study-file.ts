// Opening a study file: who may, at which schema version, and what its failures mean to a user.
// Knows SQLite; knows nothing of what the tables are for.

import { existsSync, mkdirSync, statSync, unlinkSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { pathToFileURL } from 'node:url';
import { EnvironmentError, UserError } from '../errors.ts';
import { APPLICATION_ID, migrations } from './schema.ts';

export type Database = DatabaseSync;

/** Opens a study that exists, for reading. Works beside a running study. */
export function openForReading(path: string): Database {
  if (!existsSync(path)) {
    throw new UserError(`There is no study at ${path}`, { action: 'Check the path of the study file.' });
  }
  return translating(path, () => {
    const db = connectForReading(path);
    const version = schemaVersion(db, path);
    if (version === 0) throw notAStudy(path);
    if (version < migrations.length) bringUpToDate(db, version, path);
    return db;
  });
}

function bringUpToDate(db: Database, version: number, path: string): void {
  try {
    migrate(db, version);
  } catch (cause) {
    if (!(cause instanceof UserError)) throw cause;
    throw new UserError(`${path} was written by an older Verbatim, and cannot be changed where it is`, {
      action: 'Copy it to a folder that may be written to: opening it there brings it up to date.',
      cause,
    });
  }
}

/** Deletes a study, unless some process is writing it. */
export function deleteStudy(path: string): void {
  if (!existsSync(path)) return;
  using _ = lockOrRefuse(path);
  removeStudyFiles(path);
}

/** The caller holds the study's lock. The lock's own file stays: others may be about to lock it. */
export function removeStudyFiles(path: string): void {
  for (const suffix of ['', '-wal', '-shm']) if (existsSync(path + suffix)) unlinkSync(path + suffix);
}

/** Creates or opens a study for writing. The caller holds the study's lock. */
export function openForWriting(path: string): Database {
  return translating(path, () => {
    mkdirSync(dirname(path), { recursive: true });
    const db = connect(path);
    const version = schemaVersion(db, path);
    db.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL');
    migrate(db, version);
    return db;
  });
}

/** Runs `work` in one transaction: all of it is kept, or nothing. */
export function transact<T>(db: Database, work: () => T): T {
  return translating(db.location() ?? 'study', () => {
    db.exec('BEGIN IMMEDIATE');
    try {
      const value = work();
      db.exec('COMMIT');
      return value;
    } catch (error) {
      if (db.isTransaction) db.exec('ROLLBACK');
      throw error;
    }
  });
}

/** As `transact`, for work that lets others have their turn: nothing else may use this connection meanwhile. */
export async function transactInTurns<T>(db: Database, work: () => Promise<T>): Promise<T> {
  db.exec('BEGIN IMMEDIATE');
  try {
    const value = await work();
    translating(db.location() ?? 'study', () => db.exec('COMMIT'));
    return value;
  } catch (error) {
    if (db.isTransaction) db.exec('ROLLBACK');
    return translating(db.location() ?? 'study', () => {
      throw error;
    });
  }
}

/**
 * Takes the right to write a study; undefined if another process has it. The lock is the operating
 * system's, on an empty database beside the study, so it ends with the process however that dies.
 * It ends, too, when the value is collected as garbage: hold on to it.
 */
export function tryLock(path: string): Disposable | undefined {
  // Who only looks whether it is locked has it for an instant, so this waits for longer than that.
  return takeLock(path, 200);
}

/** As `tryLock`, but a `UserError` where another process has it; `action` is what to do then. */
export function lockOrRefuse(path: string, action = 'Wait for it or stop it.'): Disposable {
  const lock = tryLock(path);
  if (!lock) throw new UserError(`Another run is writing ${path}`, { action });
  return lock;
}

function takeLock(path: string, waitMs: number): Disposable | undefined {
  return translating(path, () => {
    mkdirSync(dirname(path), { recursive: true });
    const db = new DatabaseSync(`${path}-lock`);
    try {
      db.exec(`PRAGMA busy_timeout = ${waitMs}; BEGIN EXCLUSIVE`);
    } catch (error) {
      db.close();
      if (sqliteCode(error) === SQLITE_BUSY) return undefined;
      throw error;
    }
    return { [Symbol.dispose]: () => db.close() };
  });
}

/** Whether some process is writing the study now. */
export function isLocked(path: string): boolean {
  if (!existsSync(`${path}-lock`)) return false;
  try {
    using lock = takeLock(path, 0);
    return lock === undefined;
  } catch (error) {
    // Where nothing can be written, nobody writes.
    if (error instanceof UserError) return false;
    throw error;
  }
}

function connect(path: string): Database {
  const db = new DatabaseSync(path);
  // A study may come from a stranger: nothing that its schema defines may do more than SQL.
  db.exec('PRAGMA busy_timeout = 10000; PRAGMA foreign_keys = OFF; PRAGMA trusted_schema = OFF');
  return db;
}

/**
 * Readers need a place for SQLite's shared memory beside the study. Where nothing can be written, nobody else
 * writes either, and the file alone holds the whole study if its last run ended in order.
 */
function connectForReading(path: string): Database {
  const db = connect(path);
  try {
    db.prepare('PRAGMA user_version').get();
    return db;
  } catch (error) {
    db.close();
    const hasLog = (statSync(`${path}-wal`, { throwIfNoEntry: false })?.size ?? 0) > 0;
    if (sqliteCode(error) !== SQLITE_CANTOPEN || hasLog || statSync(path).isDirectory()) throw error;
    const immutable = new URL(pathToFileURL(path));
    immutable.searchParams.set('immutable', '1');
    const unchanging = new DatabaseSync(immutable, { readOnly: true });
    unchanging.exec('PRAGMA trusted_schema = OFF');
    return unchanging;
  }
}

function schemaVersion(db: Database, path: string): number {
  const pragma = (name: string) => Number(Object.values(db.prepare(`PRAGMA ${name}`).get() ?? {})[0]);
  const isEmpty = db.prepare('SELECT count(*) AS n FROM sqlite_schema').get()?.n === 0;
  const version = pragma('user_version');
  if (!isEmpty && pragma('application_id') !== APPLICATION_ID) throw notAStudy(path);
  if (version > migrations.length) {
    throw new UserError(`${path} was written by a newer Verbatim (schema ${version})`, {
      action: `Update Verbatim; this version reads schemas up to ${migrations.length}.`,
    });
  }
  return version;
}

function migrate(db: Database, from: number): void {
  for (let version = from; version < migrations.length; version++) {
    transact(db, () => {
      // Others that opened the file at the same moment may have been here first.
      if (Number(db.prepare('PRAGMA user_version').get()?.user_version) > version) return;
      db.exec(
        `${migrations[version]}; PRAGMA user_version = ${version + 1}; PRAGMA application_id = ${APPLICATION_ID}`,
      );
    });
  }
}

const notAStudy = (path: string) =>
  new UserError(`${path} is no Verbatim study`, { action: 'Choose a file that a study was written to.' });

const SQLITE_BUSY = 5;
const SQLITE_IOERR = 10;
const SQLITE_CORRUPT = 11;
const SQLITE_FULL = 13;
const SQLITE_CANTOPEN = 14;
const SQLITE_READONLY = 8;
const SQLITE_NOTADB = 26;

/** The primary result code of a SQLite error, or undefined for another kind of error. */
function sqliteCode(error: unknown): number | undefined {
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
      return new UserError(`${path} is damaged (${reason})`, {
        action: 'Restore it from a copy, or delete it and run the study again.',
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
