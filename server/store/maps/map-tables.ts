// Tables `map_shards`, `map_documents`, `map_windows` and `map_regions`: what an extraction map measured, written a shard
// at a time.

import type { DrawnWindow, MappedDocument, MappedShard } from '../../engine/mapped-shard.ts';
import { documentId } from '../schema.ts';
import type { Database } from '../study-file.ts';
import { keepLowestRanks } from './map-examined.ts';

/** Notes which shards a map reads, all of them empty yet. Call inside a transaction. */
export function insertMapShards(
  db: Database,
  shardIds: readonly number[],
  side: 'training' | 'control',
): void {
  const insert = db.prepare('INSERT OR IGNORE INTO map_shards VALUES (?, ?, 0, 0, 0, 0)');
  for (const shardId of shardIds) insert.run(shardId, side === 'control' ? 1 : 0);
}

/** Forgets all maps. Call inside a transaction. */
export function forgetMaps(db: Database): void {
  db.exec(
    'DELETE FROM map_calibration; DELETE FROM map_examined; DELETE FROM map_regions; DELETE FROM map_windows; DELETE FROM map_documents; DELETE FROM map_shards',
  );
}

/** Forgets what was measured in a shard. Call inside a transaction. */
export function forgetMap(db: Database, shardId: number): void {
  const [first, end] = [documentId(shardId, 0), documentId(shardId + 1, 0)];
  for (const table of ['map_calibration', 'map_examined', 'map_regions', 'map_windows', 'map_documents']) {
    db.prepare(`DELETE FROM ${table} WHERE document_id >= ? AND document_id < ?`).run(first, end);
  }
  db.prepare(
    'UPDATE map_shards SET n_short = 0, n_unfaithful = 0, n_tokens = 0, n_windows = 0 WHERE shard_id = ?',
  ).run(shardId);
}

/** Keeps what was measured in a shard, whose documents are there already. Call inside a transaction. */
export function insertMap(db: Database, shardId: number, mapped: MappedShard, nExamined: number): void {
  const { nShort, nUnfaithful, documents } = mapped;
  const sum = (of: (document: MappedDocument) => number) =>
    documents.reduce((total, document) => total + of(document), 0);
  db.prepare(
    'UPDATE map_shards SET n_short = ?, n_unfaithful = ?, n_tokens = ?, n_windows = ? WHERE shard_id = ?',
  ).run(
    nShort,
    nUnfaithful,
    sum(({ nTokens }) => nTokens),
    sum(({ windows }) => windows.logp.length),
    shardId,
  );
  const insertDocument = db.prepare('INSERT INTO map_documents VALUES (?, ?, ?, ?, ?, ?, ?, ?, NULL)');
  const insertWindow = db.prepare('INSERT INTO map_windows VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)');
  const insertRegion = db.prepare('INSERT INTO map_regions VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)');
  for (const { row, nTokens, windows, kept, regions } of documents) {
    const id = documentId(shardId, row);
    const best = windows.logp.reduce((highest, logp) => Math.max(highest, logp), -Infinity);
    insertDocument.run(
      id,
      nTokens,
      windows.logp.length,
      finite(best),
      bytesOf(Float32Array.from(windows.logp)),
      bytesOf(Float32Array.from(windows.logpPlain)),
      bytesOf(windows.nArgmax),
      bytesOf(windows.places),
    );
    for (const w of kept) {
      const { firstLine, lastLine } = w;
      insertWindow.run(
        ...[id, w.start, finite(w.logp), w.logpPlain, w.nArgmax],
        ...[bytesOf(w.tokens), firstLine, lastLine, w.byteOffset, w.nBytes],
      );
    }
    for (const r of regions) {
      insertRegion.run(
        ...[id, r.byteOffset, r.text.length, r.firstLine, r.lastLine],
        ...[r.nWindows, r.bestLogp, r.fingerprint, r.text, r.before, r.after],
      );
    }
  }
  insertDrawn(db, shardId, mapped.drawn, nExamined);
}

function insertDrawn(db: Database, shardId: number, drawn: readonly DrawnWindow[], most: number): void {
  const insert = db.prepare(
    'INSERT INTO map_examined (document_id, start, rank, tokens) VALUES (?, ?, ?, ?)',
  );
  for (const { row, start, rank, tokens } of drawn) {
    insert.run(documentId(shardId, row), start, rank, bytesOf(tokens));
  }
  keepLowestRanks(db, most);
}

/** Keeps how often the text of each window of a document occurs. Call inside a transaction. */
export function setCopies(
  db: Database,
  documents: Iterable<readonly [id: number, copies: Uint32Array]>,
): void {
  const update = db.prepare('UPDATE map_documents SET copies = ? WHERE document_id = ?');
  for (const [id, copies] of documents) update.run(bytesOf(copies), id);
}

/** SQLite has no infinity that every reader understands. */
const finite = (logp: number): number | null => (logp === -Infinity ? null : logp);

const bytesOf = (array: Float32Array | Uint32Array) =>
  new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
