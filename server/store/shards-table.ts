// Tables `shards`, `problems` and `documents`: what a scan reads and leaves behind, a shard at a time.

import type { DataProblem } from '../../protocol/errors.ts';
import type { Shard, ShardFormat } from '../corpus/shard.ts';
import type { MatchedDocument, ShardResult } from '../engine/detection.ts';
import { documentId } from './schema.ts';
import type { Database } from './study-file.ts';

/** Problems kept a shard; all are counted. */
const PROBLEMS_KEPT = 100;

export type ShardState = 'pending' | 'scanned' | 'failed';

export interface StoredShard extends Omit<Shard, 'files'> {
  readonly state: ShardState;
}

export function insertShards(db: Database, shards: readonly Shard[]): void {
  const insert = db.prepare("INSERT INTO shards VALUES (?, ?, ?, ?, ?, ?, 'pending', NULL, 0, 0, 0, NULL)");
  for (const s of shards) insert.run(s.index, s.path, s.name, s.format, s.nBytes, s.modifiedMs);
}

export function readShards(db: Database): readonly StoredShard[] {
  return db
    .prepare('SELECT * FROM shards ORDER BY shard_id')
    .all()
    .map((row) => ({
      index: Number(row.shard_id),
      path: String(row.path),
      name: String(row.name),
      format: row.format as ShardFormat,
      nBytes: Number(row.disk_bytes),
      modifiedMs: Number(row.modified_ms),
      state: row.state as ShardState,
    }));
}

/** Forgets a scan, for a shard whose file has changed since. Call inside a transaction. */
export function resetShard(db: Database, shard: Shard): void {
  db.prepare('DELETE FROM problems WHERE shard_id = ?').run(shard.index);
  db.prepare('DELETE FROM documents WHERE shard_id = ?').run(shard.index);
  db.prepare(
    `UPDATE shards SET state = 'pending', failure = NULL, n_rows = 0, content_bytes = 0, n_problems = 0,
       partial = NULL, disk_bytes = ?, modified_ms = ? WHERE shard_id = ?`,
  ).run(shard.nBytes, shard.modifiedMs, shard.index);
}

/** Keeps what the scan of one shard found. Call inside a transaction. */
export function storeShardResult(db: Database, shardId: number, result: ShardResult): void {
  db.prepare(
    `UPDATE shards SET state = 'scanned', failure = NULL, n_rows = ?, content_bytes = ?, n_problems = ?, partial = ?
     WHERE shard_id = ?`,
  ).run(result.nRows, result.contentBytes, result.problems.length, result.partial, shardId);
  const insertDocument = db.prepare('INSERT INTO documents VALUES (?, ?, ?, ?, ?, ?, ?)');
  for (const d of result.documents) {
    insertDocument.run(
      documentId(shardId, d.row),
      shardId,
      d.row,
      d.byteOffset,
      d.repository,
      d.path,
      d.license,
    );
  }
  insertProblems(db, shardId, result.problems);
}

function insertProblems(db: Database, shardId: number, problems: readonly DataProblem[]): void {
  const insert = db.prepare('INSERT INTO problems VALUES (?, ?, ?, ?, ?)');
  for (const [ordinal, p] of problems.slice(0, PROBLEMS_KEPT).entries()) {
    insert.run(shardId, ordinal, p.kind, p.byteOffset, p.message);
  }
}

export function markShardFailed(db: Database, shardId: number, failure: string): void {
  db.prepare("UPDATE shards SET state = 'failed', failure = ? WHERE shard_id = ?").run(failure, shardId);
}

export interface StoredResult {
  readonly shard: number;
  readonly result: ShardResult;
}

/** The results of every scanned shard, for the analysis. Problems are not read back: the tables have them. */
export function readShardResults(db: Database): readonly StoredResult[] {
  const documents = db.prepare('SELECT * FROM documents WHERE shard_id = ? ORDER BY row');
  return db
    .prepare("SELECT * FROM shards WHERE state = 'scanned' ORDER BY shard_id")
    .all()
    .map((row) => ({
      shard: Number(row.shard_id),
      result: {
        nRows: Number(row.n_rows),
        contentBytes: Number(row.content_bytes),
        partial: row.partial as Uint8Array,
        problems: [],
        documents: documents.all(row.shard_id!).map(
          (d): MatchedDocument => ({
            row: Number(d.row),
            byteOffset: Number(d.byte_offset),
            repository: String(d.repository),
            path: String(d.path),
            license: String(d.license),
          }),
        ),
      },
    }));
}

/** The first problems of all shards, and the failures of those that could not be read to their end. */
export function readProblems(db: Database, limit: number): readonly string[] {
  const rows = db
    .prepare(
      `SELECT failure AS message FROM shards WHERE state = 'failed'
       UNION ALL SELECT message FROM problems ORDER BY 1 LIMIT ?`,
    )
    .all(limit);
  return rows.map((row) => String(row.message));
}
