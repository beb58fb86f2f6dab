// Opening a study file: who may, at which schema version, and what its failures mean to a user.
// Knows SQLite; knows nothing of what the tables are for.

import { existsSync, mkdirSync, rmSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import type { DatabaseSyncOptions } from 'node:sqlite';
import { pathToFileURL } from 'node:url';
import { UserError } from '../errors.ts';
import { lockOrRefuse, tryLock } from '../file-lock.ts';
import { notAStudy, SQLITE_CANTOPEN, sqliteCode, translating } from '../sqlite-failure.ts';
import { checkForWriting, logBytes, openingForReading, withoutLinks } from '../sqlite-siblings.ts';
import { checkContent } from './check-content.ts';
import { checkSchema } from './check-schema.ts';
import { fileState } from './file-state.ts';
import { APPLICATION_ID, migrations } from './schema.ts';
import { StudyDatabase } from './study-database.ts';

export type Database = StudyDatabase;

/** The longest value that is read: no sample, fragment or list of tokens comes near it. */
const MAX_VALUE_BYTES = 256 << 20;

/**
 * Opens a study that exists, for reading. Works beside a running study. Whoever wrote the file: it is checked against
 * what Verbatim writes, and what lies beside it is believed only as far as `sqlite-siblings.ts` says.
 */
export function openForReading(path: string): Database {
  if (!existsSync(path)) throw noStudyAt(path);
  const file = withoutLinks(path);
  const db = openingForReading(file) === 'beside' ? connectForReading(path, file) : connectAlone(path, file);
  try {
    const version = transactReading(db, () => checkedVersion(db, path));
    if (version === 0) throw notAStudy(path);
    if (version < migrations.length) bringUpToDate(db, version, path);
    const { state, isSettled } = fileState(file);
    checkContent(db, path, file, state);
    if (isSettled) db.settledState = state;
    db.exec('PRAGMA query_only = ON');
    if (!existsSync(file)) throw noStudyAt(path);
    return db;
  } catch (error) {
    db.close();
    if (!existsSync(file)) removeRemains(file);
    throw error;
  }
}

/**
 * Opens a study for reading, answers what `read` finds in it as it is at one moment, and closes it. A query outside of a
 * transaction locks the file for itself, which takes longer than finding a row.
 */
export function reading<T>(path: string, read: (db: Database) => T): T {
  using db = openForReading(path);
  return transactReading(db, () => read(db));
}

const noStudyAt = (path: string): UserError =>
  new UserError(`There is no study at ${path}`, { action: 'Check the path of the study file.' });

/** A reader whose study is deleted while it opens it has SQLite make a new log, beside a file that is gone. */
function removeRemains(path: string): void {
  using lock = tryLock(path);
  if (lock && !existsSync(path)) removeStudyFiles(path);
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
  for (const suffix of ['', '-wal', '-shm']) rmSync(path + suffix, { force: true });
  // Jobs that still have tasks of it find them gone, and end.
  rmSync(`${path}-tasks`, { recursive: true, force: true });
}

/** Creates or opens a study for writing. The caller holds the study's lock. `at` is where it lies meanwhile. */
export function openForWriting(path: string, at = path): Database {
  const file = withoutLinks(at);
  return translating(path, () => {
    mkdirSync(dirname(file), { recursive: true });
    checkForWriting(file);
    const isEmpty = (statSync(file, { throwIfNoEntry: false })?.size ?? 0) === 0;
    const db = connect(path, file);
    try {
      const version = transactReading(db, () => checkedVersion(db, path));
      // The change to a log is itself written with a rollback journal: in memory, so that none is ever left behind.
      if (isEmpty) db.exec('PRAGMA journal_mode = MEMORY');
      db.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL');
      migrate(db, version);
      return db;
    } catch (error) {
      db.close();
      throw error;
    }
  });
}

const CACHE_KIB = 1 << 17;

/** For whoever looks up places all over the file, fragment by fragment: SQLite then keeps more of it in memory. */
export function readAllOver(db: Database): void {
  db.exec(`PRAGMA cache_size = -${CACHE_KIB}`);
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

/** Does what `transact` does, for work that lets others have their turn: nothing else may use this connection meanwhile. */
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

/** Nothing that a schema defines may do more than SQL, and no value that is read may fill the memory. */
const READING: DatabaseSyncOptions = { limits: { length: MAX_VALUE_BYTES } };

function connect(path: string, file: string | URL, options: DatabaseSyncOptions = {}): Database {
  const db = new StudyDatabase(path, file, { defensive: true, ...options });
  db.exec(SAFELY);
  return db;
}

/**
 * Readers need a place for SQLite's shared memory beside the study. Where nothing can be written, nobody else
 * writes either, and the file alone holds the whole study if its last run ended in order.
 */
function connectForReading(path: string, file: string): Database {
  let db: Database | undefined;
  try {
    db = connect(path, sqliteUrl(file, 'mode', 'rw'), READING); // which makes no file in place of one just deleted
    db.prepare('PRAGMA user_version').get();
    return db;
  } catch (error) {
    db?.close();
    const code = sqliteCode(error instanceof UserError ? error.cause : error);
    if (code !== SQLITE_CANTOPEN || logBytes(file) > 0) throw error;
    return connectAlone(path, file);
  }
}

/** Reads the file as if nothing lay beside it, and as if nobody wrote it. */
function connectAlone(path: string, file: string): Database {
  const immutable = sqliteUrl(file, 'immutable', '1');
  const db = new StudyDatabase(path, immutable, { defensive: true, ...READING, readOnly: true });
  db.exec(SAFELY);
  return db;
}

function sqliteUrl(file: string, parameter: string, value: string): URL {
  const url = pathToFileURL(file);
  url.searchParams.set(parameter, value);
  return url;
}

const SAFELY =
  'PRAGMA busy_timeout = 10000; PRAGMA foreign_keys = OFF; PRAGMA trusted_schema = OFF; PRAGMA cell_size_check = ON';

/** Runs `work` on one state of the file, whoever changes it meanwhile. */
function transactReading<T>(db: Database, work: () => T): T {
  db.exec('BEGIN');
  try {
    return work();
  } finally {
    if (db.isTransaction) db.exec('COMMIT');
  }
}

/** The version of the file's schema; 0 for a file that holds nothing yet. */
function checkedVersion(db: Database, path: string): number {
  const version = schemaVersion(db, path);
  if (version > 0) checkSchema(db, path, version);
  return version;
}

function schemaVersion(db: Database, path: string): number {
  const pragma = (name: string) => Number(Object.values(db.prepare(`PRAGMA ${name}`).get() ?? {})[0]);
  const isEmpty = db.prepare('SELECT count(*) AS n FROM sqlite_schema').get()?.n === 0;
  const version = pragma('user_version');
  if (!isEmpty && (pragma('application_id') !== APPLICATION_ID || version < 1)) throw notAStudy(path);
  if (version < 0) throw notAStudy(path);
  if (version > migrations.length) {
    throw new UserError(`${path} was written by a newer Verbatim (schema ${version})`, {
      action: `Update Verbatim; this version reads schemas up to ${migrations.length}.`,
    });
  }
  return version;
}

/** All steps at once: each alone would be written and waited for. */
function migrate(db: Database, from: number): void {
  if (from === migrations.length) return;
  transact(db, () => {
    // Others that opened the file at the same moment may have been here first.
    const version = Number(db.prepare('PRAGMA user_version').get()?.user_version);
    if (version >= migrations.length) return;
    const steps = migrations.slice(version).join(';\n');
    db.exec(
      `${steps}; PRAGMA user_version = ${migrations.length}; PRAGMA application_id = ${APPLICATION_ID}`,
    );
  });
}
