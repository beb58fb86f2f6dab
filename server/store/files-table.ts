// Tables `file_counts` and `unsearched_files`: what became of every file below the places that were named. Of shards
// that are files the table `shards` tells it.

import { foreign } from '../../guard/text/foreign.ts';
import type { ColumnsRead, CorpusAccount, UnsearchedFile } from '../../protocol/corpus-account.ts';
import type { ColumnNames } from '../../protocol/study.ts';
import { accountOf } from '../corpus/file-tally.ts';
import type { Shard } from '../corpus/shard.ts';
import type { ShardFiles } from '../engine/detection.ts';
import { readColumnNames } from './stored-json.ts';
import type { Database } from './study-file.ts';

/** What files that are in no shard are kept under. */
const NO_SHARD = -1;

/** Notes what a folder's scan is to account for. Call inside a transaction. */
export function expectFiles(db: Database, shard: Pick<Shard, 'index' | 'format' | 'files'>): void {
  if (shard.format !== 'folder') return;
  replaceFiles(db, shard.index, { counts: [], unsearched: [] });
  db.prepare("INSERT INTO file_counts VALUES (?, 'pending', '', ?)").run(shard.index, shard.files.length);
}

/** Keeps what became of a folder's files. Call inside a transaction. */
export function storeFiles(db: Database, shardId: number, files: ShardFiles): void {
  replaceFiles(db, shardId, files);
  // A row even where nothing was searched: it tells the folder from those of earlier versions.
  db.prepare("INSERT OR IGNORE INTO file_counts VALUES (?, 'searched', '', 0)").run(shardId);
}

/** Keeps what listing the corpus passed over. Call inside a transaction. */
export function storePassedFiles(db: Database, files: ShardFiles): void {
  replaceFiles(db, NO_SHARD, files);
  db.prepare("INSERT OR IGNORE INTO file_counts VALUES (?, 'passed-over', '', 0)").run(NO_SHARD);
}

function replaceFiles(db: Database, shardId: number, { counts, unsearched }: ShardFiles): void {
  db.prepare('DELETE FROM file_counts WHERE shard_id = ?').run(shardId);
  db.prepare('DELETE FROM unsearched_files WHERE shard_id = ?').run(shardId);
  const insertCount = db.prepare('INSERT INTO file_counts VALUES (?, ?, ?, ?)');
  for (const { state, reason, nFiles } of counts) insertCount.run(shardId, state, reason, nFiles);
  const insertFile = db.prepare('INSERT INTO unsearched_files VALUES (?, ?, ?, ?, ?)');
  for (const [i, { state, reason, path }] of unsearched.entries()) {
    insertFile.run(shardId, i, state, reason, path);
  }
}

/** Call inside a transaction. */
export function forgetFiles(db: Database): void {
  db.exec('DELETE FROM file_counts; DELETE FROM unsearched_files');
}

/** Every file in one state. Of folders with a row in `file_counts`, of shards that are files by their own state. */
const FATES = `
  SELECT CASE WHEN c.state = 'pending' AND s.state = 'failed' THEN 'problem' ELSE c.state END AS state,
    c.reason, c.n_files FROM file_counts c LEFT JOIN shards s USING (shard_id)
  UNION ALL
  SELECT CASE WHEN state = 'pending' THEN 'pending' WHEN state = 'scanned' AND n_rows > 0 THEN 'searched'
    ELSE 'problem' END, '', 1 FROM shards WHERE format <> 'folder'`;

/** Whether this version listed the corpus. */
export const isAccounted = (db: Database): boolean =>
  db.prepare('SELECT 1 FROM file_counts WHERE shard_id = ?').get(NO_SHARD) !== undefined;

/** Null for a study whose files were not all counted: an earlier version scanned it, or another program. */
export function readAccount(db: Database): CorpusAccount | null {
  const uncounted = db.prepare(
    `SELECT 1 FROM shards s WHERE format = 'folder' AND NOT EXISTS (SELECT 1 FROM file_counts c WHERE c.shard_id = s.shard_id)`,
  );
  if (!isAccounted(db) || uncounted.get()) return null;
  const rows = db
    .prepare(
      `SELECT state, reason, sum(n_files) AS n FROM (${FATES}) GROUP BY 1, 2 HAVING n > 0 ORDER BY n DESC, 2`,
    )
    .all()
    .map((row) => ({ state: String(row.state), reason: String(row.reason), nFiles: Number(row.n) }));
  return accountOf(rows);
}

/** The files that were not searched, as far as their names are kept: shards that are files, then the others. */
export function listUnsearchedFiles(db: Database, limit: number): readonly UnsearchedFile[] {
  return db
    .prepare(
      `SELECT 'problem' AS state, path, coalesce((SELECT kind FROM problems p WHERE p.shard_id = s.shard_id
           ORDER BY ordinal LIMIT 1), iif(state = 'failed', 'failed', 'empty')) AS reason, shard_id, -1 AS ordinal
         FROM shards s WHERE format <> 'folder' AND (state = 'failed' OR state = 'scanned' AND n_rows = 0)
       UNION ALL SELECT state, path, reason, shard_id, ordinal FROM unsearched_files ORDER BY 4, 5 LIMIT ?`,
    )
    .all(limit)
    .map((row) => ({
      state: row.state === 'problem' ? 'problem' : 'passed over',
      reason: foreign(String(row.reason)),
      path: foreign(String(row.path)),
    }));
}

/** The columns that were read, the most frequent first. */
export function readColumnsRead(db: Database): readonly ColumnsRead[] {
  return db
    .prepare(
      'SELECT columns, count(*) AS n FROM shards WHERE columns IS NOT NULL GROUP BY 1 ORDER BY 2 DESC, 1',
    )
    .all()
    .flatMap((row) => {
      const names: ColumnNames | undefined = readColumnNames(String(row.columns));
      if (names?.content === undefined) return [];
      const name = (part: keyof ColumnNames) => (names[part] === undefined ? null : foreign(names[part]));
      const [repository, path, license] = [name('repository'), name('path'), name('license')];
      return [{ content: foreign(names.content), repository, path, license, nShards: Number(row.n) }];
    });
}
