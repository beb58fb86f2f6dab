// Opening a study file: who may, at which schema version, and what its failures mean to a user.
// Knows SQLite; knows nothing of what the tables are for.

import { existsSync, mkdirSync, statSync, unlinkSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { pathToFileURL } from 'node:url';
import { UserError } from '../errors.ts';
import { lockOrRefuse } from '../file-lock.ts';
import { notAStudy, SQLITE_CANTOPEN, sqliteCode, translating } from '../sqlite-failure.ts';
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
