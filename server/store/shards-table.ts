// Tables `shards`, `problems`, `documents` and `restart_points`: what a scan reads and leaves behind, a shard at a time.

import type { DataProblem } from '../../protocol/errors.ts';
import type { Shard } from '../corpus/shard.ts';
import type { ShardFormat } from '../corpus/shard-format.ts';
import { spdxLicense } from '../corpus/spdx-license.ts';
import type { MatchedDocument, RestartPoint, ShardResult } from '../engine/detection.ts';
import type { ScannedDocument, ScannedShard } from '../engine/prepare-request.ts';
import { damaged } from '../sqlite-failure.ts';
import { expectFiles, forgetFiles, storeFiles } from './files-table.ts';
import { forgetMap, forgetMaps } from './maps/map-tables.ts';
import { readRows } from './row-pages.ts';
import { documentId } from './schema.ts';
import { readHubFile, readRemoteSource, readTexts } from './stored-json.ts';
import type { Database } from './study-file.ts';

/** The most problems that are kept of a shard; all of them are counted. */
const PROBLEMS_KEPT = 100;

export type ShardState = 'pending' | 'scanned' | 'failed';

export interface StoredShard extends Omit<Shard, 'files' | 'columns' | 'problems'> {
  readonly state: ShardState;
}

export function insertShards(db: Database, shards: readonly Shard[]): void {
  const insert = db.prepare(
    "INSERT INTO shards VALUES (?, ?, ?, ?, ?, ?, 'pending', NULL, 0, 0, 0, NULL, ?, NULL)",
  );
  for (const s of shards) {
    insert.run(s.index, s.path, s.name, s.format, s.nBytes, s.modifiedMs, sourceText(s));
    expectFiles(db, s);
  }
}

/** One column says where a file is from, whether that is the Hub or another machine. */
function sourceText({ hub, remote }: Shard): string | null {
  const source = hub ?? remote;
  return source ? JSON.stringify(source) : null;
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
      ...(row.hub !== null && sourceOf(db, String(row.hub))),
    }));
}

/** Whether every shard was read to its end, and nothing in any of them had to be passed over. */
export const isCorpusWhole = (db: Database): boolean =>
  db.prepare("SELECT 1 FROM shards WHERE state <> 'scanned' OR n_problems > 0 LIMIT 1").get() === undefined;

/** Whether at least one document was searched: a study that found nothing in nothing says nothing. */
export const holdsDocuments = (db: Database): boolean =>
  db.prepare('SELECT 1 FROM shards WHERE n_rows > 0 LIMIT 1').get() !== undefined;

/** Forgets the corpus and all that was found in it. Call inside a transaction. */
export function forgetShards(db: Database): void {
  forgetMaps(db);
  db.exec('DELETE FROM problems; DELETE FROM documents; DELETE FROM restart_points; DELETE FROM shards');
  forgetFiles(db);
}

function sourceOf(db: Database, json: string): Pick<Shard, 'hub' | 'remote'> {
  const remote = readRemoteSource(json);
  if (remote) return { remote };
  const hub = readHubFile(json);
  if (!hub) throw damaged(db.path, 'it does not say where a shard comes from');
  return { hub };
}

/** Forgets a scan, for a shard whose file has changed since. Call inside a transaction. */
export function resetShard(db: Database, shard: Shard): void {
  forgetMap(db, shard.index);
  db.prepare('DELETE FROM problems WHERE shard_id = ?').run(shard.index);
  db.prepare('DELETE FROM documents WHERE shard_id = ?').run(shard.index);
  db.prepare('DELETE FROM restart_points WHERE shard_id = ?').run(shard.index);
  db.prepare(
    `UPDATE shards SET state = 'pending', failure = NULL, n_rows = 0, content_bytes = 0, n_problems = 0,
       partial = NULL, columns = NULL, disk_bytes = ?, modified_ms = ?,
       hub = ? WHERE shard_id = ?`,
  ).run(shard.nBytes, shard.modifiedMs, sourceText(shard), shard.index);
  expectFiles(db, shard);
}

/** Keeps what the scan of one shard found. Call inside a transaction. */
export function storeShardResult(db: Database, shardId: number, result: ShardResult): void {
  db.prepare(
    `UPDATE shards SET state = 'scanned', failure = NULL, n_rows = ?, content_bytes = ?, n_problems = ?, partial = ?,
       columns = ? WHERE shard_id = ?`,
  ).run(
    result.nRows,
    result.contentBytes,
    result.nProblems ?? result.problems.length,
    result.partial,
    result.columns ? JSON.stringify(result.columns) : null,
    shardId,
  );
  if (result.files) storeFiles(db, shardId, result.files);
  const insertDocument = db.prepare('INSERT INTO documents VALUES (?, ?, ?, ?, ?, ?, ?)');
  for (const d of result.documents) {
    insertDocument.run(
      documentId(shardId, d.row),
      shardId,
      d.row,
      d.byteOffset,
      d.repository,
      d.path,
      spdxLicense(d.license),
    );
  }
  insertProblems(db, shardId, result.problems);
  insertRestartPoints(db, shardId, result);
}

/** Keeps only the points that some document with a match is read from: the last one before each document. */
function insertRestartPoints(db: Database, shardId: number, result: ShardResult): void {
  const insert = db.prepare('INSERT INTO restart_points VALUES (?, ?, ?, ?)');
  const points = result.restartPoints ?? [];
  const used = new Set(
    result.documents.map((d) => points.findLast((point) => point.byteOffset <= d.byteOffset)),
  );
  for (const point of points) {
    if (used.has(point)) insert.run(shardId, point.byteOffset, point.diskOffset, point.window);
  }
}

/** The last place before a byte of the shard's stream where reading can begin. */
export function findRestartPoint(
  db: Database,
  shardId: number,
  byteOffset: number,
): RestartPoint | undefined {
  const row = db
    .prepare(
      'SELECT * FROM restart_points WHERE shard_id = ? AND byte_offset <= ? ORDER BY byte_offset DESC LIMIT 1',
    )
    .get(shardId, byteOffset);
  return (
    row && {
      diskOffset: Number(row.disk_offset),
      byteOffset: Number(row.byte_offset),
      window: row.window as Uint8Array,
    }
  );
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

/** What is known of a corpus that was scanned elsewhere: shards' names, and the documents that hold a match. */
export function insertKnownCorpus(
  db: Database,
  shards: readonly { readonly name: string; readonly path: string }[],
  documents: Iterable<Omit<MatchedDocument, 'byteOffset'> & { readonly shard: number }>,
): void {
  const insertShard = db.prepare(
    `INSERT INTO shards (shard_id, path, name, format, disk_bytes, modified_ms, state, n_rows, content_bytes, n_problems)
     VALUES (?, ?, ?, 'jsonl', 0, 0, 'scanned', ?, 0, 0)`,
  );
  const insertDocument = db.prepare(
    `INSERT INTO documents (document_id, shard_id, row, byte_offset, repository, path, license)
     VALUES (?, ?, ?, 0, ?, ?, ?)`,
  );
  const nRows = new Uint32Array(shards.length);
  for (const { shard, row, repository, path, license } of documents) {
    nRows[shard]!++;
    insertDocument.run(documentId(shard, row), shard, row, repository, path, license);
  }
  for (const [i, { name, path }] of shards.entries()) insertShard.run(i, path, name, nRows[i]!);
}

/**
 * The results of every scanned shard, for the analysis. Each part is read anew whenever it is asked for, so that the
 * memory of an analysis does not grow with the corpus.
 */
export function readShardResults(db: Database): readonly ScannedShard[] {
  const partial = db.prepare('SELECT partial FROM shards WHERE shard_id = ?');
  return db
    .prepare("SELECT shard_id FROM shards WHERE state = 'scanned' ORDER BY shard_id")
    .all()
    .map((row) => {
      const shard = Number(row.shard_id);
      return {
        shard,
        result: {
          get partial() {
            return partial.get(shard)!.partial as Uint8Array;
          },
          get documents() {
            return readRepositories(db, shard);
          },
        },
      };
    });
}

function* readRepositories(db: Database, shard: number): Generator<ScannedDocument> {
  const ids = { first: documentId(shard, 0), end: documentId(shard + 1, 0) };
  for (const [, row, repository] of readRows(db, 'SELECT document_id, row, repository FROM documents', ids))
    yield { row: Number(row), repository: String(repository) };
}

/** A sentence for each shard and place that is counted once although it is met twice. */
export function readDuplicates(db: Database): readonly string[] {
  const row = db.prepare("SELECT environment ->> 'duplicateShards' AS list FROM study").get();
  return (typeof row?.list === 'string' && readTexts(row.list)) || [];
}
